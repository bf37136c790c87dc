"""Values of the Bank of China tests: one connection, the sheet's composed payment, golden bytes."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from pathlib import Path

from bankadapters.banks.boc.adapter import BocAdapter
from bankadapters.contract import Batch, Connection, Instruction, Session
from bankadapters.sessions import MemorySessions
from bankadapters.transport import MemoryTransport
from kernel import clock
from kernel.money import Money
from kernel.secrets import Secret

GOLDEN = Path(__file__).parent / "golden"


def golden(name: str) -> bytes:
    return (GOLDEN / name).read_bytes()


def canonical(message: bytes) -> bytes:
    """Elements and text only: no prolog, no source note, no layout, one spelling of empty elements."""
    bare = re.sub(rb"<\?.*?\?>|<!--.*?-->", b"", message, flags=re.DOTALL)
    return re.sub(rb">\s+<", b"><", re.sub(rb"<(\w+)/>", rb"<\1></\1>", bare)).strip()


def a_connection(**changes: object) -> Connection:
    parameters = {"front_end_ip": "192.168.10.20", "custid": "30011223", "cusopr": "OPR01"}
    parameters |= {"ibknum": "40303"} | dict(changes.pop("parameters", {}))
    return Connection(
        "boc",
        {"main": "http://127.0.0.1:9/"},
        parameters,
        {"oprpwd": Secret("s3cret<&>")},
        **changes,
    )


def an_instruction(**changes: object) -> Instruction:
    values = {
        "reference": "260310P00001",
        "payer_account": "440012345678",
        "payer_name": "示例贸易有限公司",
        "payee_account": "1001000100200300400",
        "payee_name": "样例供应商",
        "payee_bank": "示例银行上海支行",
        "cnaps": "102290000000",
        "money": Money(Decimal("5000.00")),
        "purpose": "货款",
        "day": date(2026, 3, 10),
    }
    return Instruction(**(values | changes))


def a_batch(*instructions: Instruction) -> Batch:
    return Batch("B1", instructions or (an_instruction(),))


def status(code: str, operation: str, items: str = "", words: str = "") -> bytes:
    word = f"<status><rspcod>{code}</rspcod><rspmsg>{words}</rspmsg></status>"
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><bocb2e><head><trncod>{operation}</trncod></head>'
        f"<trans><trn-{operation}-rs>{word}{items}</trn-{operation}-rs></trans></bocb2e>"
    ).encode()


def item(operation: str, code: str, reference: str = "260310P00001", serial: str = "18") -> str:
    return (
        f"<{operation}-rs><status><rspcod>{code}</rspcod></status>"
        f"<insid>{reference}</insid><obssid>{serial}</obssid></{operation}-rs>"
    )


def signed_on(*answers, **changes):
    """An adapter that holds a token already, and the transport its requests end in."""
    store = MemorySessions(Session(Secret("TOKEN-ONE"), clock.now()))
    transport = MemoryTransport(answers)
    return BocAdapter(a_connection(**changes), transport=transport, sessions=store), transport
