"""Which moments of a collection schedule have come: pure functions over a calendar value."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from kernel.clock import SHANGHAI, Calendar

HORIZON = timedelta(days=31)  # moments older than this are not made up


def falls_on(days: str, day: date, calendar: Calendar) -> bool:
    """Whether a schedule of these days ("every", "working", "month_end") runs on `day`."""
    if days == "every":
        return True
    if not calendar.is_working_day(day):
        return False
    return days == "working" or calendar.next_working_day(day).month != day.month


def moments(
    *,
    times: Sequence[time],
    days: str,
    valid_from: date,
    valid_to: date | None,
    after: datetime,
    until: datetime,
    calendar: Calendar,
) -> list[datetime]:
    """The moments beyond `after` up to `until`, oldest first; none older than HORIZON."""
    after = max(after, until - HORIZON)
    day, last = after.astimezone(SHANGHAI).date(), until.astimezone(SHANGHAI).date()
    found = []
    while day <= last:
        is_valid = valid_from <= day and (valid_to is None or day <= valid_to)
        if is_valid and falls_on(days, day, calendar):
            found += [datetime.combine(day, one, SHANGHAI) for one in sorted(times)]
        day += timedelta(days=1)
    return [one for one in found if after < one <= until]
