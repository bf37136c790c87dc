"""Values of the SWIFT MT tests: a connection, a batch, acknowledgements, rejections and statements by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from bankadapters.banks.swift_mt.adapter import SwiftMtAdapter
from bankadapters.contract import Ability, Batch, Connection, Inquiry, Instruction
from bankadapters.folders import Left, bundle
from bankadapters.transport import MemoryTransport
from kernel.money import Money

PAYER = "1500000000000001"
NUMBERS = ("Y01000000017", "Y01000000025")
BATCH = "B01000000017"
DAY = date(2026, 3, 10)


def a_connection(**parameters: str) -> Connection:
    endpoints = {"main": "file:///nowhere/out", "answers": "file:///nowhere/in"}
    return Connection(
        "swift_mt", endpoints, {"answer_wait_s": "0.2", "charset": "utf-8"} | parameters
    )


def an_instruction(reference: str = NUMBERS[0], **changes: Any) -> Instruction:
    values: dict[str, Any] = {
        "reference": reference, "payer_account": PAYER, "payer_name": "JADE TRADING LTD", "payee_account": "6222020200112233445",
        "payee_name": "SAMPLE SUPPLIER LTD", "payee_bank": "AGRICULTURAL BANK OF CHINA SHANGHAI", "cnaps": "103290000007",
        "money": Money(Decimal("10.01")), "purpose": "INVOICE 4711", "day": DAY,
    }  # fmt: skip
    return Instruction(**(values | changes))


def a_batch(*items: Instruction) -> Batch:
    chosen = items or tuple(an_instruction(number) for number in NUMBERS)
    return Batch(BATCH, chosen, Ability.PAY_BATCH)


def an_inquiry(reference: str = NUMBERS[0], **changes: Any) -> Inquiry:
    values: dict[str, Any] = {
        "reference": reference, "day": DAY, "operation": Ability.PAY_BATCH, "batch_no": BATCH, "payer_account": PAYER,
    }  # fmt: skip
    return Inquiry(**(values | changes))


def acknowledged(*items: str, fields: str = "{451:0}", number: str = BATCH) -> bytes:
    """F21, with a copy of the message where it names payments."""
    copy = "".join(f":21:{one}\r\n:32B:CNY10,01\r\n" for one in items)
    behind = f":20:{number}\r\n:28D:1/1\r\n{copy}-" if items else ""
    return f"{{1:F21BKCHCNBJAXXX0001000001}}{{4:{{177:2603100930}}{fields}{{108:{number}}}}}{behind}".encode()


def rejected(
    item: str = NUMBERS[0], code: str = "AC01", *, word: str = "REJT", number: str = BATCH
) -> bytes:
    """MT199 after the guidelines."""
    about = f"/TREF/{item}\r\n" if item else ""
    return f":20:R1\r\n:21:{number}\r\n:79:/{word}/59\r\n/{code}/UNKNOWN\r\n/MREF/{number}\r\n{about}-".encode()


def entry(reference: str, amount: str = "10,01", *, side: str = "D", serial: str = "V1") -> str:
    return f":61:2603100310{side}{amount}NTRF{reference}//{serial}\r\n:86:PAYMENT\r\n"


def statement(
    *entries: str, account: str = PAYER, closes: bool = True, closing: str = "100,00"
) -> bytes:
    """MT940 of the day, or a page of it that stays open."""
    end = "F" if closes else "M"
    return (
        f":20:S1\r\n:25:{account}\r\n:28C:69/1\r\n:60F:C260310CNY0,00\r\n{''.join(entries)}:62{end}:C260310CNY{closing}\r\n-"
    ).encode()


def files(*contents: bytes) -> bytes:
    """Several files as the folder gives them."""
    return bundle(Left(f"f{number}.txt", data) for number, data in enumerate(contents))


def asking(*answers: Any, **parameters: str) -> tuple[SwiftMtAdapter, MemoryTransport]:
    """An adapter with scripted answers, and the transport its requests end in."""
    transport = MemoryTransport(answers)
    return SwiftMtAdapter(a_connection(**parameters), transport=transport), transport
