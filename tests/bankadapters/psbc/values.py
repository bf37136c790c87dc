"""Values of the Postal Savings Bank of China tests: one connection, replies cut by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from bankadapters.banks.psbc.adapter import PsbcAdapter
from bankadapters.contract import Ability, Batch, Connection, Instruction
from bankadapters.transport import MemoryTransport
from kernel.money import Money
from kernel.secrets import Secret

UNIT = "000000000001"
PAYER = "951000010000000017"
PAYEE = "6217990000001234567"
NUMBER = "10000017"
MASTER = "0123456789ABCDEF"
WORKING = "A1B2C3D4E5F60718"
SEALED = "4E1B5E6B2B5F4B3E"  # any 16 digits: what they open to is the key


def a_connection(**changes: object) -> Connection:
    parameters = {"unit": UNIT, "payer_account": PAYER} | dict(changes.pop("parameters", {}))
    secrets = {"master_key": Secret(MASTER)}
    return Connection("psbc", {"main": "tcp://127.0.0.1:9"}, parameters, secrets, **changes)


def an_instruction(**changes: object) -> Instruction:
    values = {
        "reference": NUMBER,
        "payer_account": PAYER,
        "payer_name": "示例公司",
        "payee_account": PAYEE,
        "payee_name": "张示例",
        "payee_bank": "中国邮政储蓄银行",
        "cnaps": "403100000004",
        "money": Money(Decimal("300.00")),
        "purpose": "货款",
        "day": date(2025, 1, 15),
        "personal": True,
    }
    return Instruction(**(values | changes))


def a_batch(*items: Instruction) -> Batch:
    return Batch("B0100000000017", items or (an_instruction(),), Ability.PAY)


def framed(content: str) -> bytes:
    """A reply's header before its content."""
    return f"{len(content):06d}1{UNIT}{content}".encode()


def reply(
    code: str,
    *,
    account: str = "",
    fen: int = 0,
    serial: str = NUMBER,
    said: str = "00",
    more: str = "",
) -> bytes:
    """A reply by the positions of the message."""
    tail = f"{fen:012d}290000{serial}0930002025011520250115"
    return framed(f"{code}{len(account):02d}{account}{tail}{said}{more}")


def repeating(said: str = "00", more: str = "", code: str = ""):
    """A reply that repeats the fields of the message it is given."""

    def told(request: bytes) -> bytes:
        content = request[19:].decode()
        end = 8 + int(content[6:8]) + 48
        return framed((code or content[:6]) + content[6:end] + said + more)

    return told


def key(request: bytes) -> bytes:
    """The reply that brings the day's key."""
    return repeating("00", SEALED)(request)


def asking(*answers, **changes):
    """An adapter with scripted answers after the day's key, and the transport its requests end in."""
    transport = MemoryTransport([key, *answers])
    return PsbcAdapter(a_connection(**changes), transport=transport), transport
