"""Postal Savings Bank of China messages: positional text behind a header of 19 characters.

Source: bank overview, section 2.3. Lengths count bytes; everything is ASCII.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from bankadapters.errors import Unreadable
from bankadapters.framing import HeaderLength
from bankadapters.packed import Packed, column

FRAME = HeaderLength(width=19, at=0, digits=6, starts=r"[0-9]{6}[01]")
CODE, ACCOUNT_LENGTH = 6, 2


@dataclass(frozen=True)
class Header(Packed):
    """Content length, direction, unit code."""

    length: str = column(width=6, pad="0")
    direction: str = column(width=1)
    unit: str = column(width=12)


@dataclass(frozen=True)
class Tail(Packed):
    """What follows the account in every message, ours and theirs, up to the reply code."""

    amount: Decimal | None = column("fen", width=12, pad="0")
    channel: str = column(width=2)
    expiry: str = column(width=4, pad="0")
    serial: str = column(width=8, pad="0")
    time: str = column(width=6, pad="0")
    day: date | None = column("day", width=8, pad="0")
    settlement_day: date | None = column("day", width=8, pad="0")


@dataclass(frozen=True)
class Trailer(Packed):
    """What follows that in our messages, before what the bank may add and the MAC."""

    flag: str = column(width=16)
    unit: str = column(width=12)


@dataclass(frozen=True)
class Reply:
    """The positions of one reply; `rest` is everything behind what a message and its reply have in common."""

    code: str
    account: str
    tail: Tail
    rest: str


def content_of(data: bytes) -> str:
    """The positional text behind the header, which must announce its length. Raises Unreadable."""
    framed = FRAME.strip(data)
    if framed is None:
        raise Unreadable("no header of 19 characters")
    try:
        return framed[FRAME.width :].decode("ascii")
    except UnicodeDecodeError as error:
        raise Unreadable(f"byte at {error.start} of the content is not ASCII") from error


def reply_of(data: bytes) -> Reply:
    """A reply cut at its positions, which follow the length of its account. Raises Unreadable."""
    content = content_of(data)
    found = re.match(r"([0-9]{6})([0-9]{2})", content)
    if found is None:
        raise Unreadable("no processing code and no account length")
    start = CODE + ACCOUNT_LENGTH
    account = content[start : start + int(found[2])]
    at = start + int(found[2])
    if len(account) < int(found[2]) or not re.fullmatch(r"[0-9A-Za-z]*", account):
        raise Unreadable(f"account {account[:40]!r} is not of {found[2]} letters and digits")
    tail = Tail.cut(content[at:].encode("ascii"), charset="gb18030", where="content")
    return Reply(found[1], account, tail, content[at + Tail.line_bytes() :])
