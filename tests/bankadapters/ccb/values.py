"""Values of the China Construction Bank tests: one connection, the sheet's composed messages, answers around a body."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from pathlib import Path

from bankadapters.banks.ccb.adapter import CcbAdapter
from bankadapters.contract import Ability, Batch, Connection, Instruction
from bankadapters.transport import MemoryTransport
from kernel.money import Money
from kernel.secrets import Secret

GOLDEN = Path(__file__).parent / "golden"
PAYER = "11050100000000000011"
NUMBER = "1001000000000179"  # kind, epoch, sequence 17, check digit
BATCH_NO = "2001000000000187"
SECRET = "demo0000"


def golden(name: str) -> bytes:
    """The sheet's message, without the note that names its source."""
    return re.sub(rb"<!--.*?-->", b"", (GOLDEN / f"{name}.xml").read_bytes()).strip()


def canonical(document: bytes) -> str:
    """Elements and text only: no prolog, one spelling of empty elements."""
    bare = re.sub(r"<\?.*?\?>", "", document.decode("gb18030"))
    return re.sub(r"<(\w+)/>", r"<\1></\1>", bare).strip()


def a_connection(**changes: object) -> Connection:
    parameters = {"CUST_ID": "BJ11000000000000001", "USER_ID": "WLPT09"}
    parameters |= dict(changes.pop("parameters", {}))
    endpoints = changes.pop("endpoints", {"main": "tcp://127.0.0.1:9"})
    secrets = {"PASSWORD": Secret(SECRET)} | dict(changes.pop("secrets", {}))
    return Connection("ccb", endpoints, parameters, secrets, **changes)


def an_instruction(**changes: object) -> Instruction:
    """The payment of the sheet's section 7, to another bank."""
    values = {
        "reference": NUMBER,
        "payer_account": PAYER,
        "payer_name": "示例贸易有限公司",
        "payee_account": "11050100000000000022",
        "payee_name": "示例科技有限公司",
        "payee_bank": "中国银行上海分行",
        "cnaps": "104290000000",
        "money": Money(Decimal("2500.00")),
        "purpose": "货款",
        "day": date(2025, 1, 15),
    }
    return Instruction(**(values | changes))


def a_batch(*items: Instruction, operation: Ability = Ability.PAY) -> Batch:
    return Batch(BATCH_NO, items or (an_instruction(),), operation)


def fields(**values: str) -> str:
    return "".join(f"<{name}>{value}</{name}>" for name, value in values.items())


def answer(
    code: str, inside: str = "", *, number: str = NUMBER, said: str = "000000", words: str = ""
) -> bytes:
    """An answer of this transaction."""
    head = fields(
        REQUEST_SN=number, CUST_ID="BJ1", TX_CODE=code, RETURN_CODE=said, RETURN_MSG=words
    )
    text = f'<?xml version="1.0" encoding="GB18030"?>\n<TX>{head}<LANGUAGE>CN</LANGUAGE><TX_INFO>{inside}</TX_INFO></TX>'
    return text.encode("gb18030")


def number_of(request: bytes) -> str:
    return re.search(rb"<REQUEST_SN>(\d+)<", request)[1].decode()


def code_of(request: bytes) -> str:
    return re.search(rb"<TX_CODE>(\w+)<", request)[1].decode()


def echoing(inside: str = "", *, said: str = "000000", words: str = "", code: str = ""):
    """An answer that echoes number and transaction of the request it is given."""
    return lambda request: answer(
        code or code_of(request), inside, number=number_of(request), said=said, words=words
    )


def asking(*answers, **changes):
    """An adapter with scripted answers, and the transport its requests end in."""
    transport = MemoryTransport(answers)
    return CcbAdapter(a_connection(**changes), transport=transport), transport
