"""Working days of a year as people read and write them: what differs from the plain week. Pure.

Monday to Friday are worked but for the holidays of the State Council's notice; of the weekends only its make-up days.
"""

from __future__ import annotations

import re
import unicodedata
from calendar import Calendar as Weeks
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from kernel.errors import InvalidInput

OFF, WORK = "休", "班"
NAME_MAX = 40
SPAN_MAX = 15  # days of one line
_LINE = re.compile(
    rf"(?P<first>\d{{4}}-\d\d?-\d\d?)(?:\s*[~至到]\s*(?P<last>\d{{4}}-\d\d?-\d\d?))?\s+(?P<what>{OFF}|{WORK}|off|work)(?:\s+(?P<name>.*))?"
)


@dataclass(frozen=True, order=True)
class Special:
    """A day that differs from the plain week: a weekday off, or a weekend day worked."""

    day: date
    works: bool
    name: str = ""

    def __str__(self) -> str:
        return f"{self.day} {WORK if self.works else OFF} {self.name}".strip()


def _wrong(number: int, zh: str, en: str) -> InvalidInput:
    return InvalidInput(f"第 {number} 行：{zh}", f"line {number}: {en}", field="days", row=number)


def _days(number: int, line: str) -> list[Special]:
    found = _LINE.fullmatch(line)
    if found is None:
        raise _wrong(number, "应写成「2027-01-01 休 元旦」", "write it as 2027-01-01 off New Year")
    try:
        first, last = (
            date(*map(int, text.split("-")))
            for text in (found["first"], found["last"] or found["first"])
        )
    except ValueError:
        raise _wrong(number, "没有这一天", "there is no such day") from None
    works, name = found["what"] in (WORK, "work"), (found["name"] or "").strip()[:NAME_MAX]
    length = (last - first).days
    if not 0 <= length < SPAN_MAX:
        raise _wrong(number, f"起止日期应在 {SPAN_MAX} 天之内", f"{SPAN_MAX} days at most")
    days = [first + timedelta(days=n) for n in range(length + 1)]
    if works and (plain := [day for day in days if day.weekday() < 5]):
        raise _wrong(number, f"{plain[0]} 本来就是工作日", f"{plain[0]} is worked anyway")
    return [Special(day, works, name) for day in days if works or day.weekday() < 5]


def read(text: str, year: int) -> list[Special]:
    """The special days of a year as somebody wrote them, a line each (`2027-02-08 ~ 2027-02-12 休 春节`), in order.

    Weekends inside a holiday are off anyway and left out. Raises InvalidInput naming the line and what was expected.
    """
    found: dict[date, Special] = {}
    plain = unicodedata.normalize("NFKC", text).replace("/", "-")
    for number, line in enumerate(plain.splitlines(), start=1):
        if not line.strip():
            continue
        for one in _days(number, line.strip()):
            if one.day.year != year:
                raise _wrong(number, f"应是 {year} 年的日期", f"a day of {year} is expected")
            found.setdefault(one.day, one)  # off is a weekday, worked a weekend: no two contradict
    return sorted(found.values())


def published(year: int) -> list[Special]:
    """What the notice for the year said, where the package knows it; else nothing."""
    # Twenty years of notices: 7 MB while they are read, for a page that is opened once a year.
    from chinese_calendar import constants as published_notices

    names = {one.value: one.chinese for one in published_notices.Holiday}
    off = [
        Special(day, False, names.get(str(name), str(name)))
        for day, name in published_notices.holidays.items()
        if day.year == year and day.weekday() < 5
    ]
    work = [
        Special(day, True, names.get(str(name), str(name)))
        for day, name in published_notices.workdays.items()
        if day.year == year
    ]
    return sorted(off + work)


def differences(before: Iterable[str], after: Iterable[str]) -> list[tuple[str, str, str]]:
    """Day, before and after of every day the two say differently; a plain day shows as a dash."""
    old, new = ({line[:10]: line[11:] for line in lines} for lines in (before, after))
    days = sorted({*old, *new})
    return [
        (day, old.get(day, "—"), new.get(day, "—")) for day in days if old.get(day) != new.get(day)
    ]


@dataclass(frozen=True)
class Cell:
    """One day of the year's sheet: `kind` is "off", "work", "weekend", "" or, outside the month, "none"."""

    day: date
    kind: str
    name: str


def months(year: int, specials: Sequence[Special]) -> list[list[list[Cell]]]:
    """Twelve months, each in weeks from Monday on."""
    told = {one.day: one for one in specials}

    def cell(day: date, month: int) -> Cell:
        one = told.get(day)
        if day.month != month:
            return Cell(day, "none", "")
        if one is not None:
            return Cell(day, "work" if one.works else "off", one.name)
        return Cell(day, "weekend" if day.weekday() >= 5 else "", "")

    weeks = Weeks()
    return [
        [[cell(day, month) for day in week] for week in weeks.monthdatescalendar(year, month)]
        for month in range(1, 13)
    ]
