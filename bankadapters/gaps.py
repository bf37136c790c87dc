"""Days a folder of statement files does not tell: whether nothing happened on them, or a file is lost.

Banks may make no statement of a day without entries. Such days are empty where the statement behind them begins with the
balance that the one before them ended with, and no statement was counted in between. Otherwise a file is missing, and that is said.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from bankadapters.errors import Unreadable
from bankadapters.profiles import Setting

CLOSED, OPENED = "closed", "opened"
SATURDAY = 5
WEEKENDS = Setting(
    "weekend_statements",
    "周末是否出具对账单",
    "Whether the bank makes statements on weekends",
    "yes",
    ("yes", "no"),
    confirm_zh="如银行周末不出具，请选 no，否则周一的明细要等到下一份对账单",
    confirm_en="no, where it makes none: otherwise Monday's entries wait for the next statement",
)
COUNTED = Setting(
    "counted_statements",
    "对账单编号是否按账户逐份加一",
    "Whether an account's statements are numbered one by one",
    "yes",
    ("yes", "no"),
    confirm_zh="编号中断即视为有对账单丢失；如编号不按账户连续，请选 no，此时仅按期初、期末余额衔接判断",
    confirm_en="a number left out is a lost statement; no, where numbers mean something else: then the balances alone have to join",
)


def closed_label(
    account: str, first: date, last: date, balance: Decimal, number: int | None
) -> str:
    """What a file is labelled with that closes these days: how they ended, and the statement's own number."""
    return f"{CLOSED}:{account}:{first:%Y%m%d}:{last:%Y%m%d}:{balance}:{_told(number)}"


def opened_label(account: str, last: date, balance: Decimal, number: int | None) -> str:
    """What a file is labelled with whose statement, of days up to this one, tells its opening balance."""
    return f"{OPENED}:{account}:{last:%Y%m%d}:{balance}:{_told(number)}"


def _told(number: int | None) -> str:
    return "" if number is None else str(number)


@dataclass
class Ends:
    """What the statements that end on one day say; corrected ones say it again."""

    opening: set[Decimal] = field(default_factory=set)
    closing: set[Decimal] = field(default_factory=set)
    numbers: set[int] = field(default_factory=set)


@dataclass(frozen=True)
class Untold:
    """A day nobody told; `why` in words."""

    day: date
    why: str


class Calendar:
    """The days of one account that closed statements tell, out of the labels of its files."""

    def __init__(self, labels: Iterable[str]) -> None:
        self.days: set[date] = set()
        self.lasts: set[date] = set()  # on which a statement ends
        self.ends: dict[date, Ends] = {}
        for label in labels:
            self._take(label)

    def _take(self, label: str) -> None:
        kind, _, *told = label.split(":")
        days = [_day(one) for one in told[: 2 if kind == CLOSED else 1]]
        balance, number = told[len(days) : len(days) + 2] or ("", "")
        ends = self.ends.setdefault(days[-1], Ends())
        if number:
            ends.numbers.add(int(number))
        if balance:
            (ends.closing if kind == CLOSED else ends.opening).add(Decimal(balance))
        if kind == CLOSED:
            self.days |= {days[0] + timedelta(n) for n in range((days[-1] - days[0]).days + 1)}
            self.lasts.add(days[-1])

    def untold(self, first: date, last: date, *, weekends: bool, counts: bool) -> Iterator[Untold]:
        """The days between two that are neither told nor known to be empty.

        `weekends`: whether statements are made on them; `counts`: whether the numbers of an account's statements go up by one.
        """
        for number in range((last - first).days + 1):
            day = first + timedelta(days=number)
            if day in self.days:
                continue
            after = min((one for one in self.lasts if one > day), default=None)
            before = max((one for one in self.lasts if one < day), default=None)
            if after is None:
                if weekends or day.weekday() < SATURDAY:
                    yield Untold(day, "has come yet")
            elif before is not None and (why := self._break(before, after, counts=counts)):
                yield Untold(day, why)

    def _break(self, before: date, after: date, *, counts: bool) -> str:
        """Why something must lie between two statements, "" where nothing does."""
        earlier, later = self.ends[before], self.ends[after]
        if not earlier.closing & later.opening:
            return f"has come, and that of {after} does not begin with the balance of {before}"
        pairs = [(old, new) for old in earlier.numbers for new in later.numbers]
        if not counts or not pairs or any(_follows(*pair, after) for pair in pairs):
            return ""
        old, new = max(pairs)
        return f"has come, and that of {after} is number {new} after {old} of {before}"


def _follows(old: int, new: int, day: date) -> bool:
    """Whether no statement was counted in between: numbers begin anew, stand still, or are the day of the year."""
    return new in (old + 1, old, 1) or new == day.timetuple().tm_yday


def _day(text: str) -> date:
    if not re.fullmatch(r"[0-9]{8}", text):
        raise Unreadable(f"{text[:30]!r} is no day")
    return date(int(text[:4]), int(text[4:6]), int(text[6:]))
