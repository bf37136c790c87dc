"""Values of the CMBC tests: one connection, the sheet's composed payment, golden bytes, answers."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from pathlib import Path

from bankadapters.banks.cmbc.adapter import CmbcAdapter
from bankadapters.contract import Ability, Batch, Connection, Inquiry, Instruction
from bankadapters.transport import MemoryTransport
from kernel.money import Money
from kernel.secrets import Secret

GOLDEN = Path(__file__).parent / "golden"
PAYER = "600000001"
REFERENCE = "DEMOINS2501150001"
DAY = date(2025, 1, 15)
PASSWORD = "demo0000"


def golden(name: str) -> bytes:
    return (GOLDEN / f"{name}.xml").read_bytes()


def canonical(message: bytes, charset: str = "gb2312") -> str:
    """Elements and text only: no prolog, no source note, no layout, one spelling of empty elements."""
    bare = re.sub(r"<\?.*?\?>|<!--.*?-->", "", message.decode(charset), flags=re.DOTALL)
    return re.sub(r">\s+<", "><", re.sub(r"<(\w+)/>", r"<\1></\1>", bare)).strip()


def a_connection(**changes: object) -> Connection:
    parameters = {
        "clientId": "2000000001", "userId": "2000000001001", "bankAddr": "北京", "debit_type": "1", "credit_type": "2",
        "balance_book": "bal", "balance_available": "avl",
    } | dict(changes.pop("parameters", {}))  # fmt: skip
    secrets = changes.pop("secrets", {"userPswd": Secret(PASSWORD)})
    endpoints = {"main": "http://127.0.0.1:9/eweb/b2e/connect.do"}
    return Connection("cmbc", endpoints, parameters, secrets, **changes)


def an_instruction(**changes: object) -> Instruction:
    """The payment of the sheet's section 7."""
    values = {
        "reference": REFERENCE, "payer_account": PAYER, "payer_name": "示例公司", "payee_account": "6200000000000000001",
        "payee_name": "收款公司", "payee_bank": "工商银行", "cnaps": "102100000030", "money": Money(Decimal("66.00")),
        "purpose": "货款", "day": DAY,
    }  # fmt: skip
    return Instruction(**(values | changes))


def a_batch(*items: Instruction) -> Batch:
    return Batch("B2501150001", items or (an_instruction(),), Ability.PAY)


ASKED = [Inquiry(REFERENCE, day=DAY)]


def fields(**values: str) -> str:
    return "".join(f"<{name}>{value}</{name}>" for name, value in values.items())


def answer(body: str | None = "", *, code: str = "0", severity: str = "info") -> bytes:
    """An answer; a body of None is left out."""
    status = fields(code=code, severity=severity, message="")
    inside = "" if body is None else f"<xDataBody>{body}</xDataBody>"
    head = f"<responseHeader><status>{status}</status></responseHeader>"
    text = (
        f'<?xml version="1.0" encoding="GBK"?><CMBC trnCode="X" header="100">{head}{inside}</CMBC>'
    )
    return text.encode("gb18030")


def stands(status: str, **more: str) -> str:
    inside = fields(statusCode=status, statusSeverity="info", statusErrMsg="")
    return (
        fields(**({"insId": REFERENCE, "svrId": "SV1"} | more)) + f"<statusId>{inside}</statusId>"
    )


def asking(*answers, **changes):
    """An adapter with scripted answers, and the transport its requests end in."""
    transport = MemoryTransport(answers)
    return CmbcAdapter(a_connection(**changes), transport=transport), transport
