"""Values of the Agricultural Bank of China tests: one connection, the sheet's composed messages, answers by hand."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from pathlib import Path

from bankadapters.banks.abc.adapter import AbcAdapter
from bankadapters.contract import Ability, Batch, Connection, Instruction
from bankadapters.transport import MemoryTransport
from kernel.money import Money

GOLDEN = Path(__file__).parent / "golden"
PAYER = "11000001040000001"
NUMBER = "Y01000000H17"


def golden(name: str) -> bytes:
    """The sheet's message, without the note that names its source."""
    return re.sub(rb"<!--.*?-->\n", b"", (GOLDEN / name).read_bytes()).strip(b"\n")


def a_connection(**changes: object) -> Connection:
    parameters = {"CorpNo": "0000000000000001"} | dict(changes.pop("parameters", {}))
    endpoints = {"main": "tcp://127.0.0.1:9"} | dict(changes.pop("endpoints", {}))
    return Connection("abc", endpoints, parameters, **changes)


def an_instruction(**changes: object) -> Instruction:
    values = {
        "reference": NUMBER,
        "payer_account": PAYER,
        "payer_name": "示例公司",
        "payee_account": "6222020200112233445",
        "payee_name": "对手公司",
        "payee_bank": "工商银行某支行",
        "cnaps": "102100000030",
        "money": Money(Decimal("300.00")),
        "purpose": "货款",
        "day": date(2025, 1, 15),
    }
    return Instruction(**(values | changes))


def a_batch(*items: Instruction, operation: Ability = Ability.PAY) -> Batch:
    return Batch("B0100000000017", items or (an_instruction(),), operation)


def fields(**values: str) -> str:
    return "".join(f"<{name}>{value}</{name}>" for name, value in values.items())


def answer(
    code: str, inside: str = "", *, number: str = NUMBER, said: str = "0000", words: str = ""
) -> bytes:
    """An answer of this transaction, without a declaration."""
    head = fields(CCTransCode=code, ReqSeqNo=number, RespSeqNo="100000000002", RespCode=said)
    return f"<ap>{head}<RespInfo>{words}</RespInfo>{inside}</ap>".encode("gbk")


def tagged(request: bytes, name: str) -> str:
    return re.search(rf"<{name}>(.*?)</{name}>".encode(), request, re.DOTALL)[1].decode("gbk")


def echoing(inside: str = "", *, said: str = "0000", words: str = ""):
    """An answer that echoes number and transaction of the request it is given."""
    return lambda request: answer(
        tagged(request, "CCTransCode"), inside, number=tagged(request, "ReqSeqNo"), said=said,
        words=words,
    )  # fmt: skip


def taken(waits: str = "0") -> str:
    return f"<Corp>{fields(WaitFlag=waits)}</Corp>"


def stands(code: str, host_code: str | None = None) -> str:
    """CQRT04's packed text."""
    packed = f"197001100000000002{code:4}{code if host_code is None else host_code:4}"
    return f"<Cmp><RespPrvData>{packed}</RespPrvData></Cmp>"


def asking(*answers, **changes):
    """An adapter with scripted answers, and the transport its requests end in."""
    transport = MemoryTransport(answers)
    return AbcAdapter(a_connection(**changes), transport=transport), transport
