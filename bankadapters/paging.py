"""Which stretch of days one statement query asks for, and the cursor between pages.

Banks differ in how many days one query may span, and in whether today may be asked together with the past. A cursor
names the stretch it stands in and the bank's own place within it, so that reading can go on in another process.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from bankadapters.errors import Unencodable
from kernel import clock

_CURSOR = re.compile(r"([th])(\d{8})-(\d{8}):(.*)", re.DOTALL)


@dataclass(frozen=True)
class Stretch:
    """Days of one query and the bank's place to go on from, "" at the beginning."""

    first: date
    last: date
    place: str = ""
    is_today: bool = False

    def cursor(self, place: str) -> str:
        """The cursor of a place in this stretch."""
        kind = "t" if self.is_today else "h"
        return f"{kind}{self.first:%Y%m%d}-{self.last:%Y%m%d}:{place}"


@dataclass(frozen=True)
class Spans:
    """A bank's rule: at most `days_max` days a query, or one calendar month where that is None; `today_apart` where
    today has a query of its own.

    `kept_days`: how far back the bank remembers; None is unknown and not checked.
    """

    days_max: int | None = 31
    today_apart: bool = False
    kept_days: int | None = None

    def step(self, first: date, last: date, cursor: str, today: date) -> Stretch | None:
        """The stretch to ask next, None when there is none. Raises Unencodable for a strange cursor or days too old.

        A cursor without days is the bank's own place in the first stretch.
        """
        if first > last:
            return None
        if self.kept_days is not None and first < today - timedelta(days=self.kept_days):
            raise Unencodable(f"the bank keeps {self.kept_days} days", field="from")
        found = _CURSOR.fullmatch(cursor)
        if found is None:
            begun = self._stretch(first, last, today)
            return Stretch(begun.first, begun.last, cursor, begun.is_today)
        try:
            start, end = _day(found[2]), _day(found[3])
        except ValueError as error:
            raise Unencodable(f"cursor {cursor[:40]!r} names no days", field="next") from error
        if found[1] == "t" and start < today:
            # Midnight passed between two pages: that day is history now, and its places begin anew.
            return Stretch(start, end)
        return Stretch(start, end, found[4], found[1] == "t")

    def after(self, stretch: Stretch, place: str, last: date, today: date) -> str:
        """The cursor that follows a page: the bank's next place in the stretch, else the next stretch, else ""."""
        if place:
            return stretch.cursor(place)
        following = stretch.last + timedelta(days=1)
        if following > last:
            return ""
        return self._stretch(following, last, today).cursor("")

    def stretches(self, first: date, last: date) -> Iterator[tuple[date, date]]:
        """First and last day of each query over these days, for questions without pages."""
        cursor, today = "", clock.today()
        while (stretch := self.step(first, last, cursor, today)) is not None:
            yield stretch.first, stretch.last
            cursor = self.after(stretch, "", last, today)
            if not cursor:
                return

    def _stretch(self, first: date, last: date, today: date) -> Stretch:
        days = timedelta(days=self.days_max) if self.days_max else _month_after(first) - first
        end = min(last, first + days - timedelta(days=1))
        if not self.today_apart:
            return Stretch(first, end)
        if first >= today:
            return Stretch(first, last, is_today=True)
        return Stretch(first, min(end, today - timedelta(days=1)))


def row_of(place: str, *, digits: int = 9) -> int:
    """The row or page a cursor names, 1 at the beginning. Raises Unencodable for what is no cursor of this bank."""
    if place and not (place.isascii() and place.isdigit() and len(place) <= digits):
        raise Unencodable(f"cursor {place[:40]!r} is not one of this bank", field="next")
    return int(place or 1)


def _day(digits: str) -> date:
    return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))


def _month_after(day: date) -> date:
    """The same day of the next month, or that month's last."""
    year, month = divmod(day.year * 12 + day.month, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
