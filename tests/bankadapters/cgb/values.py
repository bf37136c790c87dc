"""Values of the China Guangfa Bank tests: one connection, answers around a body."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

from bankadapters.banks.cgb.adapter import CgbAdapter
from bankadapters.contract import Ability, Batch, Connection, Instruction
from bankadapters.transport import MemoryTransport
from kernel.money import Money
from kernel.secrets import Secret

PAYER = "9550880000000000011"
NUMBER = "Y01000000H17"
SECRET = "demo0000"
CIPHER = "7f3a9c5512de"


def a_connection(**changes: object) -> Connection:
    parameters = {"cifMaster": "1000000001", "entUserId": "OP01"}
    parameters |= dict(changes.pop("parameters", {}))
    secrets = {"password": Secret(SECRET)} | dict(changes.pop("secrets", {}))
    return Connection("cgb", {"main": "http://127.0.0.1:9/"}, parameters, secrets, **changes)


def an_instruction(**changes: object) -> Instruction:
    values = {
        "reference": NUMBER,
        "payer_account": PAYER,
        "payer_name": "示例公司",
        "payee_account": "6222020200112233445",
        "payee_name": "收款公司",
        "payee_bank": "工商银行某支行",
        "cnaps": "102100000030",
        "money": Money(Decimal("300.00")),
        "purpose": "货款",
        "remark": "六月",
        "day": date(2025, 1, 15),
    }
    return Instruction(**(values | changes))


def a_batch(*items: Instruction) -> Batch:
    return Batch("B0100000000017", items or (an_instruction(),), Ability.PAY)


def fields(**values: str) -> str:
    return "".join(f"<{name}>{value}</{name}>" for name, value in values.items())


def answer(code: str, inside: str = "", *, number: str = NUMBER, said: str = "000") -> bytes:
    """An answer of this transaction, with the cipher of the password in it."""
    head = fields(tranCode=code, entSeqNo=number, retCode=said, password=CIPHER)
    text = f"<BEDC><Message><commHead>{head}</commHead><Body>{inside}</Body></Message></BEDC>"
    return ('<?xml version="1.0" encoding = "GBK"?>' + text).encode("gbk")


def tagged(request: bytes, name: str) -> str:
    return re.search(rf"<{name}>(.*?)</{name}>".encode(), request, re.DOTALL)[1].decode("gbk")


def echoing(inside: str = "", *, said: str = "000"):
    """An answer that echoes number and transaction of the request it is given."""
    return lambda request: answer(
        tagged(request, "tranCode"), inside, number=tagged(request, "entSeqNo"), said=said
    )


def stands(status: str, **more: str) -> str:
    return fields(**({"hostStatus": status} | more))


def asking(*answers, **changes):
    """An adapter with scripted answers, and the transport its requests end in."""
    transport = MemoryTransport(answers)
    return CgbAdapter(a_connection(**changes), transport=transport), transport
