"""Values of the Bank of Communications tests: one connection, the sheet's composed messages, answers by hand."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from pathlib import Path

from bankadapters.banks.bocom.adapter import BocomAdapter
from bankadapters.contract import Ability, Batch, Connection, Instruction
from bankadapters.transport import MemoryTransport
from kernel.money import Money

GOLDEN = Path(__file__).parent / "golden"
PAYER = "310066000000000000001"
NUMBER = "P2603100900000000001"


def golden(name: str) -> bytes:
    """The sheet's message, without the note that names its source."""
    return re.sub(rb"<!--.*?-->\n", b"", (GOLDEN / f"{name}.xml").read_bytes()).strip()


def a_connection(**changes: object) -> Connection:
    parameters = {"corp_no": "8000000001", "user_no": "00001"} | dict(changes.pop("parameters", {}))
    return Connection("bocom", {"main": "tcp://127.0.0.1:9"}, parameters, **changes)


def an_instruction(**changes: object) -> Instruction:
    """The payment of the sheet's section 4d."""
    values = {
        "reference": NUMBER,
        "payer_account": PAYER,
        "payer_name": "示例贸易有限公司",
        "payee_account": "440012345678",
        "payee_name": "样例供应商",
        "payee_bank": "中国银行",
        "cnaps": "104100000004",
        "money": Money(Decimal("5000.00")),
        "purpose": "货款",
        "day": date(2026, 3, 10),
    }
    return Instruction(**(values | changes))


def a_person(card: str, reference: str, **changes: object) -> Instruction:
    values = {"payee_bank": "交通银行", "cnaps": "301290000007", "personal": True}
    return an_instruction(payee_account=card, reference=reference, **(values | changes))


def a_batch(*items: Instruction, operation: Ability = Ability.PAY) -> Batch:
    return Batch("B0100000000017", items or (an_instruction(),), operation)


def fields(**values: str) -> str:
    return "".join(f"<{name}>{value}</{name}>" for name, value in values.items())


def answer(
    code: str, body: str = "", *, number: str = "", said: str = "0000", trouble: str = ""
) -> bytes:
    """An answer of this operation, without a declaration."""
    head = fields(
        tr_code=code, corp_no="8000000001", req_no=number, serial_no="31000000000007", ans_code="0",
        ans_info=trouble, particular_code=said, particular_info="",
    )  # fmt: skip
    return f"<ap><head>{head}</head>{body}</ap>".encode("gbk")


def tagged(request: bytes, name: str) -> str:
    return re.search(rf"<{name}>(.*?)</{name}>".encode(), request, re.DOTALL)[1].decode("gbk")


def echoing(body: str = "", **more: str):
    """An answer that echoes number and operation of the request it is given."""
    return lambda request: answer(
        tagged(request, "tr_code"), body, number=tagged(request, "req_no"), **more
    )


def stands(stat: str, **more: str) -> str:
    """310204 of one payment."""
    values = {"ogl_serial_no": NUMBER, "stat": stat, "pay_acno": PAYER, "amt": "5000.00"}
    return f"<body>{fields(**(values | {'cert_no': NUMBER} | more))}</body>"


def asking(*answers, **changes):
    """An adapter with scripted answers, and the transport its requests end in."""
    transport = MemoryTransport(answers)
    return BocomAdapter(a_connection(**changes), transport=transport), transport
