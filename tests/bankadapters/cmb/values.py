"""Values of the China Merchants Bank tests: one connection, the sheet's composed payments, golden bytes."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from pathlib import Path

from bankadapters.banks.cmb.adapter import CmbAdapter
from bankadapters.contract import Ability, Batch, Connection, Instruction
from bankadapters.transport import MemoryTransport
from kernel.money import Money

GOLDEN = Path(__file__).parent / "golden"
PAYER = "571900000010101"


def golden(name: str) -> bytes:
    return (GOLDEN / f"{name}.xml").read_bytes()


def canonical(message: bytes) -> str:
    """Elements and text only: no prolog, no source note, no layout, one spelling of empty elements."""
    bare = re.sub(r"<\?.*?\?>|<!--.*?-->", "", message.decode("gbk"), flags=re.DOTALL)
    return re.sub(r">\s+<", "><", re.sub(r"<(\w+)/>", r"<\1></\1>", bare)).strip()


def a_connection(**changes: object) -> Connection:
    parameters = {"LGNNAM": "OPER01", "BBKNBR": "57", "CRTADR": "上海市浦东新区"}
    parameters |= dict(changes.pop("parameters", {}))
    return Connection("cmb", {"main": "http://127.0.0.1:9/"}, parameters, **changes)


def an_instruction(**changes: object) -> Instruction:
    """The payment of the sheet's section 4 (c)."""
    values = {
        "reference": "P20240611000002",
        "payer_account": PAYER,
        "payer_name": "示例贸易有限公司",
        "payee_account": "6217000000000000001",
        "payee_name": "示例服务公司",
        "payee_bank": "示例银行上海分行",
        "cnaps": "105290000001",
        "money": Money(Decimal("250.00")),
        "purpose": "服务费",
        "day": date(2024, 6, 11),
        "urgent": True,
    }
    return Instruction(**(values | changes))


def people(*amounts: str) -> list[Instruction]:
    """Members of staff who bank with us, as in the sheet's section 4 (d)."""
    names = ("张示例", "李示例", "王示例")
    return [
        an_instruction(
            reference=f"B202406110{n}", payee_account=f"622500000000000{n}", payee_name=names[n - 1],
            payee_bank="招商银行", cnaps="", money=Money(Decimal(amount)), purpose="报销", urgent=False,
        )
        for n, amount in enumerate(amounts, 1)
    ]  # fmt: skip


def a_batch(*items: Instruction, operation: Ability = Ability.PAY_BATCH) -> Batch:
    return Batch("S202406", items or (an_instruction(),), operation)


def an_answer(*blocks: str, code: str = "0", words: str = "", info: str = "") -> bytes:
    inside = (
        info
        or f"<DATTYP>2</DATTYP><ERRMSG>{words}</ERRMSG><FUNNAM>X</FUNNAM><RETCOD>{code}</RETCOD>"
    )
    text = f'<?xml version="1.0" encoding="GBK"?><CMBSDKPGK><INFO>{inside}</INFO>{"".join(blocks)}</CMBSDKPGK>'
    return text.encode("gb18030")


def a_row(name: str, **fields: str) -> str:
    return f"<{name}>" + "".join(f"<{k}>{v}</{k}>" for k, v in fields.items()) + f"</{name}>"


def paid(status: str, result: str = "", error: str = "SUC0000", **more: str) -> str:
    fields = {
        "YURREF": "P20240611000002",
        "REQNBR": "0030900002",
        "REQSTS": status,
        "RTNFLG": result,
    }
    return a_row("NTQPAYRQZ", **(fields | {"ERRCOD": error} | more))


def stands(status: str, result: str = "", **more: str) -> str:
    fields = {
        "YURREF": "P20240611000002",
        "REQNBR": "0030900002",
        "REQSTS": status,
        "RTNFLG": result,
    }
    return a_row(
        "NTSTLLSTZ", **(fields | {"TRSAMT": "250.00", "CCYNBR": "10", "DBTACC": PAYER} | more)
    )


def asking(*answers, **changes):
    """An adapter with scripted answers, and the transport its requests end in."""
    transport = MemoryTransport(answers)
    return CmbAdapter(a_connection(**changes), transport=transport), transport
