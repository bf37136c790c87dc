"""Values of the SPDB tests: one connection, the sheet's composed payment, golden bodies, packets and pages."""

from __future__ import annotations

import base64
import re
from datetime import date
from decimal import Decimal
from pathlib import Path

from bankadapters.banks.spdb.adapter import SpdbAdapter
from bankadapters.contract import Ability, Batch, Connection, Inquiry, Instruction
from bankadapters.transport import MemoryTransport
from kernel.money import Money

GOLDEN = Path(__file__).parent / "golden"
PAYER = "95200000000000000001"
REFERENCE = "DEMO2501150002"
DAY = date(2025, 1, 15)
SIGNED = b"<html><head><result>0</result></head><body><sign>c2ln\r\nbmVk</sign></body></html>"


def golden(name: str) -> bytes:
    """A composed body without its source note."""
    return re.sub(rb"<!--.*?-->\s*", b"", (GOLDEN / f"{name}.xml").read_bytes()).strip()


def canonical(message: bytes) -> str:
    """Elements and text only: one spelling of empty elements."""
    return re.sub(r"<(\w+)/>", r"<\1></\1>", message.decode("gb18030"))


def a_connection(**changes: object) -> Connection:
    parameters = {"masterID": "2000000001", "payeeAddress": "上海", "debitFlag": "0"}
    parameters |= dict(changes.pop("parameters", {}))
    endpoints = {"main": "http://127.0.0.1:9/", "sign": "http://127.0.0.1:9/"}
    return Connection("spdb", endpoints, parameters, **changes)


def an_instruction(**changes: object) -> Instruction:
    """The payment of the sheet's section 7."""
    values = {
        "reference": REFERENCE, "payer_account": PAYER, "payer_name": "示例公司", "payee_account": "6200000000000000001",
        "payee_name": "收款公司", "payee_bank": "工商银行", "cnaps": "102100000030", "money": Money(Decimal("88.00")),
        "purpose": "货款", "day": DAY,
    }  # fmt: skip
    return Instruction(**(values | changes))


def a_batch(*items: Instruction, operation: Ability = Ability.PAY) -> Batch:
    return Batch("B2501150001", items or (an_instruction(),), operation)


def asked(**changes: object) -> list[Inquiry]:
    values = {"reference": REFERENCE, "day": DAY, "payer_account": PAYER}
    return [Inquiry(**(values | changes))]


def framed(packet: bytes) -> bytes:
    """Behind its length as the bank writes it: left-aligned, blanks behind, counting itself."""
    return str(len(packet) + 6).ljust(6).encode() + packet


def packet(body: bytes, *, code: str = "AAAAAAA", number: str = "", trade: str = "") -> bytes:
    head = f"<head><transCode>{trade}</transCode><packetID>{number}</packetID><returnCode>{code}</returnCode></head>"
    return framed(
        b"<?xml version='1.0' encoding='gb2312'?>\n<packet>" + head.encode() + body + b"</packet>"
    )


def in_signature(plain: bytes) -> bytes:
    """A body whose text lies in a signature."""
    text = base64.b64encode(b"\x30\x82CMS" + plain + b"\x00\x01")
    return b"<body><signature>" + text + b"</signature></body>"


def signed(plain: bytes, **more: str) -> bytes:
    return packet(in_signature(plain), **more)


def error(code: str, words: str = "") -> bytes:
    body = f"<body><returnCode>{code}</returnCode><returnMsg>{words}</returnMsg></body>"
    return packet(body.encode("gb18030"), code=code)


def rows(*texts: str, total: int | None = None, head: str = "") -> bytes:
    """A body with a list."""
    count = len(texts) if total is None else total
    inside = "".join(f"<list>{text}</list>" for text in texts)
    text = f'<body><totalCount>{count}</totalCount>{head}<lists name="LoopResult">{inside}</lists></body>'
    return text.encode("gb18030")


def fields(**values: str) -> str:
    return "".join(f"<{name}>{value}</{name}>" for name, value in values.items())


def stands(status: str, **more: str) -> str:
    values = {"elecChequeNo": REFERENCE, "acceptNo": "PT25YQ0000000001", "amount": "88.00", "transStatus": status}  # fmt: skip
    return fields(**(values | more))


def vouch(request: bytes) -> bytes:
    """The signature server's page about a signature: the text inside."""
    data = base64.b64decode(request)
    plain = re.search(rb"<body>.*</body>", data, re.DOTALL)
    assert plain is not None
    head = b"<html><head><result>0</result></head><body><sic>"
    return head + plain[0] + b"</sic><certsn>1</certsn></body></html>"


def asking(*answers, **changes):
    """An adapter with scripted answers, and the transports of its three hops."""
    hops = {
        "main": MemoryTransport(answers),
        "sign": MemoryTransport([SIGNED] * 9),
        "verify": MemoryTransport([vouch] * 9),
    }
    return SpdbAdapter(a_connection(**changes), transport=hops), hops
