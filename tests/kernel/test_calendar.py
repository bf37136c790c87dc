"""Working days: as the State Council's notices print them, make-up weekends included."""

from __future__ import annotations

from datetime import date, timedelta

import chinese_calendar
import pytest
from chinese_calendar import constants as published
from hypothesis import given
from hypothesis import strategies as st

from kernel.clock import Calendar

CALENDAR = Calendar(frozenset(published.holidays), frozenset(published.workdays))
YEARS = range(2018, 2027)
DAYS = st.dates(date(2018, 2, 1), date(2026, 10, 31))


@pytest.mark.parametrize("year", YEARS)
def test_every_day_of_a_published_year_is_as_the_notice_says(year):
    days = [date(year, 1, 1) + timedelta(days=n) for n in range(366)]

    wrong = [d for d in days if d.year == year and CALENDAR.is_working_day(d) != chinese_calendar.is_workday(d)]  # fmt: skip

    assert wrong == []


def test_a_make_up_sunday_is_worked_and_the_holiday_it_pays_for_is_not():
    assert CALENDAR.is_working_day(date(2026, 9, 20))
    assert not CALENDAR.is_working_day(date(2026, 10, 7))
    assert CALENDAR.next_working_day(date(2026, 9, 30)) == date(2026, 10, 8)
    assert CALENDAR.next_working_day(date(2026, 9, 19)) == date(2026, 9, 20)


@given(DAYS)
def test_the_next_working_day_is_the_first_one(day):
    found = CALENDAR.next_working_day(day)
    between = [day + timedelta(days=n) for n in range(1, (found - day).days)]

    assert chinese_calendar.is_workday(found)
    assert not any(map(chinese_calendar.is_workday, between))


@given(DAYS, st.integers(0, 15))
def test_going_back_so_many_working_days_counts_exactly_them(day, count):
    found = CALENDAR.minus_working_days(day, count)
    passed = [found + timedelta(days=n) for n in range((day - found).days)]

    assert sum(map(chinese_calendar.is_workday, passed)) == count


def test_a_calendar_without_any_working_day_is_broken():
    every = frozenset(date(2026, 1, 1) + timedelta(days=n) for n in range(365))

    with pytest.raises(ValueError, match="broken"):
        Calendar(holidays=every).next_working_day(date(2026, 1, 1))
