"""Which stretch of days one b2e0035 asks for, and the cursor between pages.  Source: BOCB2E sheet, section 4 (c)."""

from __future__ import annotations

import calendar
from datetime import date, timedelta

from bankadapters.errors import Unencodable

Segment = tuple[str, date, date, int]


def step(first: date, last: date, cursor: str, today: date) -> Segment | None:
    """The query to send next: the first segment of the span, or where the cursor (or a bare begnum) points."""
    if first > last:
        return None
    if first < _months_before(today, 12):
        raise Unencodable("transactions are kept for one year", field="from")
    if not cursor:
        return segment(first, last, today)
    if cursor.isascii() and cursor.isdigit() and len(cursor) <= 8:
        kind, start, end, _ = segment(first, last, today)
        return kind, start, end, int(cursor)
    try:
        kind, start_text, end_text, begin = cursor.split(":")
        start, end = _day(start_text), _day(end_text)
        number = int(begin)
    except ValueError as error:
        raise Unencodable(
            f"cursor {cursor[:40]!r} is not one of this bank", field="next"
        ) from error
    if kind == "2001" and start < today:
        return "2002", start, end, 1  # midnight passed between two pages: the day is history now
    return kind, start, end, number


def segment(first: date, last: date, today: date) -> Segment:
    """The longest stretch from `first` that one query may span: today alone, or history up to one calendar month."""
    if first >= today:
        return "2001", first, last, 1
    yesterday = today - timedelta(days=1)
    return "2002", first, min(last, yesterday, _months_before(first, -1) - timedelta(days=1)), 1


def cursor_at(segment: Segment) -> str:
    kind, start, end, begin = segment
    return f"{kind}:{start:%Y%m%d}:{end:%Y%m%d}:{begin}"


def _day(digits: str) -> date:
    return date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))


def _months_before(day: date, months: int) -> date:
    index = day.year * 12 + day.month - 1 - months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
