"""The demo's books: what the two months consist of. How they are laid down and closed: tests/journeys."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from yqlink.management import demo_books


class TestMonths:
    def test_are_the_same_for_the_same_day(self):
        assert demo_books.months(date(2026, 11, 24)) == demo_books.months(date(2026, 11, 24))

    def test_differ_at_the_end_by_one_item_of_each_class(self):
        first, _ = demo_books.months(date(2026, 11, 24))

        net = [
            sum((-one.amount if one.outgo else one.amount for one in side), Decimal(0))
            for side in (first.bank, first.book)
        ]
        assert net[0] - net[1] == Decimal("58000") - Decimal("450") - Decimal("20000") + Decimal(
            "1000"
        )

    @pytest.mark.parametrize("day", [date(2026, 1, 1), date(2026, 3, 31), date(2026, 11, 27)])
    def test_never_overdraw_the_account(self, day):
        balance = demo_books.OPENING
        for month in demo_books.months(day):
            for line in month.bank:
                balance += -line.amount if line.outgo else line.amount
                assert balance > 0
