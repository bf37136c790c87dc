"""How the simulated network and bank read and word SWIFT MT, by hand.

Source: SWIFT User Handbook MT101, MT199, MT940, MT942 and system message F21; Standards MT Usage Guidelines.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation

from bankadapters.simulator.books import Account
from bankadapters.simulator.statement import Row
from bankadapters.simulator.wire import yuan

END = "\r\n"
_TEXT = re.compile(r"\{4:\r\n(.*?)\r\n-\}", re.DOTALL)


@dataclass
class Payment:
    """One sequence B."""

    number: str
    amount: int = 0
    payee: str = ""
    name: str = ""
    bank: str = ""
    cnaps: str = ""
    purpose: str = ""


@dataclass
class Message:
    """An MT101; `fault` is the network's code where it cannot be sent on."""

    number: str = ""
    payer: str = ""
    payments: list[Payment] = field(default_factory=list)
    fault: str = ""


def read(body: bytes) -> Message | None:
    """The message of a file; None for what is none."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return None
    found = _TEXT.search(text)
    inside = found[1] if found else text.removesuffix("-").rstrip()
    if ":20:" not in inside or ":28D:" not in inside:
        return None
    message = Message()
    for tag, lines in _fields(inside):
        _take(message, tag, lines)
    parts: list[object] = [message.number, message.payer, message.payments]
    parts += [
        part
        for one in message.payments
        for part in (one.number, one.amount > 0, one.payee, one.name)
    ]
    if not all(parts):
        message.fault = "H50"
    return message


def _fields(text: str) -> list[tuple[str, list[str]]]:
    found: list[tuple[str, list[str]]] = []
    for line in text.split(END):
        start = re.match(r":(\d{2}[A-Z]?):(.*)", line)
        if start:
            found.append((start[1], [start[2]]))
        elif found:
            found[-1][1].append(line)
    return found


def _take(message: Message, tag: str, lines: list[str]) -> None:
    if tag == "20":
        message.number = lines[0]
    elif tag == "50H":
        message.payer = lines[0].removeprefix("/")
    elif tag == "21":
        message.payments.append(Payment(lines[0]))
    elif message.payments:
        _take_payment(message.payments[-1], tag, lines)


def _take_payment(one: Payment, tag: str, lines: list[str]) -> None:
    if tag == "32B":
        try:
            one.amount = int(Decimal(lines[0][3:].replace(",", ".")).scaleb(2))
        except InvalidOperation:
            one.amount = 0
    elif tag in ("57C", "57D"):
        if lines[0].startswith("//CN"):
            one.cnaps, lines = lines[0][4:], lines[1:]
        one.bank = "".join(lines)
    elif tag == "59":
        one.payee, one.name = lines[0].removeprefix("/"), "".join(lines[1:])
    elif tag == "70":
        one.purpose = "".join(lines)


def acknowledgement(at: str, number: str, copy: str, *, fault: str = "") -> str:
    """F21 with the message it is about."""
    said = f"{{451:1}}{{405:{fault}}}" if fault else "{451:0}"
    return f"{{1:F21SIMUCNSHAXXX0001000001}}{{4:{{177:{at}}}{said}{{108:{number}}}}}{copy}"


def rejection(own: str, number: str, item: str, code: str) -> str:
    """MT199 by the guidelines: one payment of a message."""
    lines = [
        f":20:R{own[-15:]}",
        f":21:{item}",
        ":79:/REJT/59",
        f"/{code}/",
        f"/MREF/{number}",
        f"/TREF/{item}",
        "-",
    ]
    return END.join(lines)


def mt940(
    account: Account,
    rows: Sequence[Row],
    *,
    number: str,
    day: date,
    page: int,
    opening: int,
    closing: int,
    is_last: bool,
    queried: bool,
) -> str:
    """A page of the day's statement: the first one opens it (60F), the last one closes it (62F)."""
    begin, end = "F" if page == 1 else "M", "F" if is_last else "M"
    lines = [
        f":20:{number}", f":25:{account.number}", f":28C:{day:%j}/{page}",
        f":60{begin}:{_balance(opening, day)}", *_entries(rows, queried=queried),
        f":62{end}:{_balance(closing, day)}", f":64:{_balance(closing, day)}", "-",
    ]  # fmt: skip
    return END.join(lines)


def mt942(account: Account, rows: Sequence[Row], *, number: str, at: str, queried: bool) -> str:
    """What was booked since the last report."""
    credits = [row.amount for row in rows if row.incoming]
    debits = [row.amount for row in rows if not row.incoming]
    lines = [
        f":20:{number}", f":25:{account.number}", ":28C:1/1", ":34F:CNY0,", f":13D:{at}+0800",
        *_entries(rows, queried=queried),
        f":90D:{len(debits)}CNY{_amount(sum(debits))}", f":90C:{len(credits)}CNY{_amount(sum(credits))}", "-",
    ]  # fmt: skip
    return END.join(lines)


def _amount(fen: int) -> str:
    return yuan(fen).replace(".", ",")


def _balance(fen: int, day: date) -> str:
    return f"{'D' if fen < 0 else 'C'}{day:%y%m%d}CNY{_amount(abs(fen))}"


def _entries(rows: Sequence[Row], *, queried: bool) -> list[str]:
    return [line for row in rows for line in _entry(row, queried=queried)]


def _entry(row: Row, *, queried: bool) -> list[str]:
    side = "C" if row.incoming else "D"
    other = row.payer if row.incoming else row.payee
    first = f":61:{row.day[2:]}{row.day[4:]}{side}{_amount(row.amount)}NTRF{row.insid or 'NONREF'}//{row.unique[-16:]}"
    said = _clean(row.purpose or row.remark)
    if queried:
        return [
            first,
            f":86:166?00TRANSFER?20{said}?30{_clean(other.bank)}?31{other.number}?32{_clean(other.name)}",
        ]
    return [
        first,
        f":86:/NAME/{_clean(other.name)}/ACCT/{other.number}/BANK/{_clean(other.bank)}/REMI/{said}",
    ]


def _clean(text: str) -> str:
    """A text that opens no field of its own."""
    return re.sub(r"[\r\n?/]", " ", text)[:140]
