"""Days without a statement: which are empty, and which are lost."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from bankadapters.errors import Unreadable
from bankadapters.gaps import Calendar, closed_label, opened_label

MONDAY = date(2026, 3, 9)


def statement(
    day: int, opening: str, closing: str, number: int | None = None, *, days: int = 1
) -> list[str]:
    """The labels of a statement that ends `day` days behind Monday and tells `days` days."""
    last = MONDAY + timedelta(days=day)
    first = last - timedelta(days=days - 1)
    return [
        closed_label("A1", first, last, Decimal(closing), number),
        opened_label("A1", last, Decimal(opening), number),
    ]


def untold(
    *labels: list[str], weekends: bool = True, counts: bool = True, last: int = 4
) -> list[int]:
    """The days behind Monday that are not told, of Monday and the days up to `last`."""
    known = Calendar(one for some in labels for one in some)
    until = MONDAY + timedelta(days=last)
    found = known.untold(MONDAY, until, weekends=weekends, counts=counts)
    return [(one.day - MONDAY).days for one in found]


class TestUntold:
    def test_days_behind_the_last_statement_have_not_come(self):
        assert untold(statement(0, "1", "1")) == [1, 2, 3, 4]

    def test_days_between_statements_whose_balances_join_are_empty(self):
        assert untold(statement(0, "1", "2"), statement(4, "2", "3")) == []

    def test_a_day_between_balances_that_do_not_join_is_lost_and_says_why(self):
        labels = [*statement(0, "1", "2"), *statement(1, "2", "2"), *statement(3, "2.01", "3")]

        (found,) = Calendar(labels).untold(
            MONDAY, MONDAY + timedelta(days=3), weekends=True, counts=True
        )

        assert found.day == date(2026, 3, 11)
        assert found.why == (
            "has come, and that of 2026-03-12 does not begin with the balance of 2026-03-10"
        )

    def test_a_statement_without_an_opening_balance_proves_nothing(self):
        later = [one for one in statement(2, "2", "3") if one.startswith("closed")]

        assert untold(statement(0, "1", "2"), later, last=2) == [1]

    def test_a_number_left_out_is_a_lost_statement_though_the_balances_join(self):
        swept = [statement(0, "0", "0", 11), statement(2, "0", "0", 13)]

        assert untold(*swept, last=2) == [1]
        assert untold(*swept, last=2, counts=False) == []

    @pytest.mark.parametrize(("old", "new"), [(11, 12), (250, 1), (68, 70), (1, 1)])
    def test_numbers_that_go_on_begin_anew_or_are_the_day_of_the_year_leave_nothing_out(
        self, old, new
    ):
        first = statement(0, "0", "0", old)
        second = statement(2, "0", "0", new)

        assert untold(first, second, last=2) == []

    def test_a_corrected_statement_joins_in_either_version(self):
        first = [statement(0, "1", "2"), statement(0, "1", "5")]

        assert untold(*first, statement(2, "5", "6"), last=2) == []

    def test_a_statement_of_several_days_tells_each_of_them(self):
        assert untold(statement(2, "1", "2", days=3), last=2) == []

    def test_weekends_are_waited_for_only_where_statements_are_made_on_them(self):
        week = [statement(4, "1", "1", days=5)]

        assert untold(*week, last=6) == [5, 6]
        assert untold(*week, last=6, weekends=False) == []

    def test_a_weekend_between_balances_that_do_not_join_is_lost_all_the_same(self):
        labels = [statement(4, "1", "1", days=5), statement(7, "9", "9")]

        assert untold(*labels, last=7, weekends=False) == [5, 6]

    def test_days_before_the_first_statement_are_none_of_this_folder(self):
        assert untold(statement(4, "1", "1")) == []

    def test_the_days_alone_as_older_evidence_has_them_are_read(self):
        assert untold(["closed:A1:20260309"], last=1) == [1]

    @pytest.mark.parametrize("label", ["closed:A1:2026", "closed:A1", "closed:A1:20260309:x:1:2"])
    def test_a_label_that_is_none_is_refused(self, label):
        with pytest.raises((Unreadable, ValueError, LookupError)):
            Calendar([label])
