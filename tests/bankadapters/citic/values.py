"""Values of the CITIC tests: one connection, the sheet's composed payment, golden bytes, answers."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from pathlib import Path

from bankadapters.banks.citic.adapter import CiticAdapter
from bankadapters.contract import Ability, Batch, Connection, Inquiry, Instruction
from bankadapters.transport import MemoryTransport
from kernel.money import Money

GOLDEN = Path(__file__).parent / "golden"
PAYER = "8110700013500000001"
REFERENCE = "260310P000000000001"
DAY = date(2026, 3, 10)


def golden(name: str) -> bytes:
    return (GOLDEN / f"{name}.xml").read_bytes()


def canonical(message: bytes) -> str:
    """Elements and text only: no prolog, no source note, no layout, one spelling of empty elements."""
    bare = re.sub(r"<\?.*?\?>|<!--.*?-->", "", message.decode("gbk"), flags=re.DOTALL)
    return re.sub(r">\s+<", "><", re.sub(r"<(\w+)/>", r"<\1></\1>", bare)).strip()


def a_connection(**changes: object) -> Connection:
    parameters = {"userName": "demo_login"} | dict(changes.pop("parameters", {}))
    return Connection("citic", {"main": "http://127.0.0.1:9/"}, parameters, **changes)


def an_instruction(**changes: object) -> Instruction:
    """The payment of the sheet's section 4 (d)."""
    values = {
        "reference": REFERENCE, "payer_account": PAYER, "payer_name": "示例贸易有限公司",
        "payee_account": "1001000100200300400", "payee_name": "样例供应商", "payee_bank": "中国工商银行",
        "cnaps": "102100099996", "money": Money(Decimal("5000.00")), "purpose": "货款", "day": DAY,
    }  # fmt: skip
    return Instruction(**(values | changes))


def a_batch(*items: Instruction, operation: Ability = Ability.PAY) -> Batch:
    return Batch("B2603100001", items or (an_instruction(),), operation)


def asked(**changes: object) -> list[Inquiry]:
    return [Inquiry(**({"reference": REFERENCE, "day": DAY} | changes))]


def fields(**values: str) -> str:
    return "".join(f"<{name}>{value}</{name}>" for name, value in values.items())


def answer(*rows: str, status: str = "AAAAAAA", head: str = "", declared: str = "GBK") -> bytes:
    inside = "".join(f"<row>{row}</row>" for row in rows)
    listed = f'<list name="userDataList">{inside}</list>' if rows else ""
    text = f'<?xml version="1.0" encoding="{declared}"?><stream><status>{status}</status>{head}{listed}</stream>'
    return text.encode("gb18030")


def stands(stt: str, status: str = "") -> bytes:
    return answer(fields(stt=stt, status=status))


def asking(*answers, **changes):
    """An adapter with scripted answers, and the transport its requests end in."""
    transport = MemoryTransport(answers)
    return CiticAdapter(a_connection(**changes), transport=transport), transport
