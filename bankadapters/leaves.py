"""Leaves: how one text value on the wire becomes ours and back. Kinds are shared by records and packed lines."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from kernel.clock import SHANGHAI

_YUAN = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,8})?")
_FEN = re.compile(r"-?[0-9]{1,20}")
_DAY = re.compile(r"[0-9]{4}([-/]?)[0-9]{1,2}\1[0-9]{1,2}")
_COUNT = re.compile(r"[0-9]{1,12}")


@dataclass(frozen=True)
class Leaf:
    """Reads a stripped, perhaps empty, text and writes a value. `read` raises ValueError saying what was expected."""

    read: Callable[[str], Any]
    write: Callable[[Any], str]


def _shaped(value: str, pattern: re.Pattern[str], expected: str) -> str:
    if not pattern.fullmatch(value):
        raise ValueError(f"{value[:30]!r} is not {expected}")
    return value


def _optional(read: Callable[[str], Any]) -> Callable[[str], Any]:
    return lambda value: read(value) if value else None


def _yuan(value: str) -> Decimal:
    return Decimal(_shaped(value, _YUAN, "an amount in yuan"))


def _fen(value: str) -> Decimal:
    return Decimal(_shaped(value, _FEN, "an amount in fen")).scaleb(-2)


def _day(value: str) -> date:
    found = _DAY.fullmatch(value)
    if found is None or (not found[1] and len(value) != 8):
        raise ValueError(f"{value[:30]!r} is not a day as YYYYMMDD")
    if found[1]:
        year, month, number = (int(part) for part in value.split(found[1]))
        return date(year, month, number)
    return date(int(value[:4]), int(value[4:6]), int(value[6:]))


def moment(day: date, clock_time: str, *, where: str = "time") -> datetime:
    """A day and a wire time (HHmmss, HH:mm:ss, HHmm, or empty for midnight) in Shanghai. Raises ValueError."""
    digits = clock_time.replace(":", "").split(".")[0]
    if not digits:
        return datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)
    if not re.fullmatch(r"[0-9]{4}([0-9]{2})?", digits):
        raise ValueError(f"{where} {clock_time[:20]!r} is not HHmmss")
    hour, minute, second = int(digits[:2]), int(digits[2:4]), int(digits[4:] or "0")
    return datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=SHANGHAI)


LEAVES: Mapping[str, Leaf] = {
    "text": Leaf(lambda value: value, str),
    "yuan": Leaf(_optional(_yuan), lambda value: f"{value:.2f}"),
    "fen": Leaf(_optional(_fen), lambda value: f"{value.scaleb(2):.0f}"),
    "day": Leaf(_optional(_day), lambda value: f"{value:%Y%m%d}"),
    "dashed_day": Leaf(_optional(_day), lambda value: f"{value:%Y-%m-%d}"),
    "count": Leaf(_optional(lambda value: int(_shaped(value, _COUNT, "a count"))), str),
}


def table(words: Mapping[str, Any]) -> Leaf:
    """A leaf for a wire word with our meaning of it; a word outside the table is refused."""

    def read(value: str) -> Any:
        if value not in words:
            raise ValueError(f"{value[:20]!r} is not one of {', '.join(sorted(words))}")
        return words[value]

    def write(value: Any) -> str:
        return next(word for word, meaning in words.items() if meaning == value)

    return Leaf(_optional(read), write)
