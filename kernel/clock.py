"""Time, in one place: `now()` obeys CLOCK_FILE, so that demos, tests and simulators share one movable clock.

CLOCK_FILE names a text file holding a signed number of seconds (may have decimals) to add to the real time; it is read
at each call. An absent file means no offset. Calendar arithmetic works on a `Calendar` value, never on a table.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
_fixed: list[Callable[[], datetime]] = []


def offset_s() -> float:
    """The offset in force, in seconds; 0.0 without a readable CLOCK_FILE."""
    name = os.environ.get("CLOCK_FILE", "")
    if not name:
        return 0.0
    try:
        return float(Path(name).read_text("ascii").strip() or 0)
    except (FileNotFoundError, ValueError):
        return 0.0


def now() -> datetime:
    """The present moment, timezone-aware, in Asia/Shanghai."""
    if _fixed:
        return _fixed[-1]().astimezone(SHANGHAI)
    return (datetime.now(UTC) + timedelta(seconds=offset_s())).astimezone(SHANGHAI)


def today() -> date:
    """The present calendar day in Shanghai."""
    return now().date()


def monotonic() -> float:
    """Seconds for measuring durations; never moved by CLOCK_FILE."""
    return time.monotonic()


def set_offset(path: Path, moment: datetime) -> None:
    """Write CLOCK_FILE so that `now()` becomes `moment` and runs on from there."""
    seconds = (moment - datetime.now(UTC)).total_seconds()
    scratch = path.with_suffix(".tmp")
    scratch.write_text(f"{seconds:.3f}\n", "ascii")
    scratch.replace(path)


class fixed:
    """Context manager for tests, and for reading again what was said at a moment: inside it `now()` is `moment`
    (tz-aware), standing still in the whole process."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def __enter__(self) -> fixed:
        _fixed.append(lambda: self.moment)
        return self

    def __exit__(self, *_: object) -> None:
        _fixed.pop()

    def advance(self, **step: float) -> None:
        """Move the fixed moment forward by a timedelta's keywords."""
        self.moment += timedelta(**step)


@dataclass(frozen=True)
class Calendar:
    """Working days of the clearing systems: weekdays but holidays, plus make-up weekends (调休)."""

    holidays: frozenset[date] = field(default_factory=frozenset)
    makeup_days: frozenset[date] = field(default_factory=frozenset)

    def is_working_day(self, day: date) -> bool:
        """Whether the clearing systems that keep working days are open on `day`."""
        if day in self.makeup_days:
            return True
        return day.weekday() < 5 and day not in self.holidays

    def next_working_day(self, day: date) -> date:
        """The first working day after `day`."""
        for _ in range(60):
            day += timedelta(days=1)
            if self.is_working_day(day):
                return day
        raise ValueError("no working day within 60 days: the calendar is broken")

    def minus_working_days(self, day: date, count: int) -> date:
        """The day `count` working days before `day`."""
        while count > 0:
            day -= timedelta(days=1)
            if self.is_working_day(day):
                count -= 1
        return day
