"""Values of the Ping An tests: one connection, the sheet's composed messages, headers cut by hand."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from pathlib import Path

from bankadapters.banks.pingan.adapter import PinganAdapter
from bankadapters.contract import Ability, Batch, Connection, Instruction
from bankadapters.transport import MemoryTransport
from kernel.money import Money

GOLDEN = Path(__file__).parent / "golden"
ENTERPRISE = "00901079800000099000"
PAYER = "11000000000001"
VOUCHER = "20250115093000000001"


def golden(name: str) -> bytes:
    """The body of a composed message, without the note that names its source."""
    return re.sub(rb"<!--.*?-->\n?", b"", (GOLDEN / f"{name}.xml").read_bytes()).strip()


def a_connection(**changes: object) -> Connection:
    parameters = {"enterprise_code": ENTERPRISE} | dict(changes.pop("parameters", {}))
    return Connection("pingan", {"main": "tcp://127.0.0.1:9"}, parameters, **changes)


def an_instruction(**changes: object) -> Instruction:
    """The payment of the sheet's section 7."""
    values = {
        "reference": VOUCHER,
        "payer_account": PAYER,
        "payer_name": "示例公司",
        "payee_account": "6200000000000000001",
        "payee_name": "收款公司",
        "payee_bank": "工商银行某支行",
        "cnaps": "102100000030",
        "money": Money(Decimal("300.00")),
        "purpose": "货款",
        "day": date(2025, 1, 15),
    }
    return Instruction(**(values | changes))


def a_batch(*items: Instruction, operation: Ability = Ability.PAY_BATCH) -> Batch:
    return Batch("B0100000000017", items or (an_instruction(),), operation)


def framed(
    body: bytes,
    *,
    code: str = "000000",
    serial: str = "",
    words: bytes = b"",
    encoding: str = "01",
    **more: str,
) -> bytes:
    """A reply's header before a body, by the sheet's offsets."""
    operator, filler = more.get("operator", "00001"), more.get("filler", " ")
    head = f"A00101{encoding}01{ENTERPRISE}{len(body):010d}{'4001':6}{operator:5}0220250115093000{serial:20}{code:6}"
    tail = f"000000{filler * 12}0000000000{more.get('attachments', '0')}"
    header = head.encode() + words.ljust(100) + tail.encode()
    assert len(header) == 222
    return header + body + more.get("rest", "").encode()


def result(inside: str = "", *, encoding: str = "gbk") -> bytes:
    return f'<?xml version="1.0" encoding="GBK"?><Result>{inside}</Result>'.encode(encoding)


def fields(**values: str) -> str:
    return "".join(f"<{name}>{value}</{name}>" for name, value in values.items())


def stands(stt: str = "", *, back: str = "", **more: str) -> str:
    """4005 of one payment."""
    known = {"OrigThirdVoucher": VOUCHER, "FrontLogNo": "51250115000001", "TranAmount": "300.00"}
    known |= {"Stt": stt} if stt else {}
    return fields(**(known | {"IsBack": back} | more))


def echoing(body: bytes, **more: object):
    """An answer that echoes the serial of the request it is given."""
    return lambda request: framed(body, serial=request[67:87].decode().strip(), **more)


def asking(*answers, **changes):
    """An adapter with scripted answers, and the transport its requests end in."""
    transport = MemoryTransport(answers)
    return PinganAdapter(a_connection(**changes), transport=transport), transport
