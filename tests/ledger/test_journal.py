"""The book of an account: running balance, daily and monthly totals, red entries on their own side, gaps in numbers."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from ledger.journal import DAY, ENTRY, MONTH, Posting, book, gaps, sums_of

D = Decimal


def a_posting(pk, day, direction, amount, *, is_red=False):
    return Posting(id=pk, day=day, direction=direction, amount=D(amount), is_red=is_red)


class TestBook:
    def test_shows_each_entry_then_the_day_then_the_month(self):
        postings = [
            a_posting(1, date(2026, 11, 20), "debit", "100.00"),
            a_posting(2, date(2026, 11, 20), "credit", "30.00"),
            a_posting(3, date(2026, 11, 21), "debit", "30.00", is_red=True),
            a_posting(4, date(2026, 12, 1), "credit", "5.00"),
        ]

        lines = list(book(postings, opening=D("10.00")))

        assert [(one.kind, one.debit, one.credit, one.balance) for one in lines] == [
            (ENTRY, D("100.00"), 0, D("110.00")),
            (ENTRY, 0, D("30.00"), D("80.00")),
            (DAY, D("100.00"), D("30.00"), D("80.00")),
            (ENTRY, 0, D("-30.00"), D("110.00")),
            (DAY, 0, D("-30.00"), D("110.00")),
            (MONTH, D("100.00"), D("0.00"), D("110.00")),
            (ENTRY, 0, D("5.00"), D("105.00")),
            (DAY, 0, D("5.00"), D("105.00")),
            (MONTH, 0, D("5.00"), D("105.00")),
        ]

    def test_without_an_opening_no_balance_is_invented(self):
        lines = book([a_posting(1, date(2026, 11, 20), "debit", "1.00")], opening=None)

        assert {one.balance for one in lines} == {None}

    @given(
        st.lists(
            st.tuples(
                st.integers(0, 70),
                st.sampled_from(["debit", "credit"]),
                st.integers(1, 10**12),
                st.booleans(),
            ),
            max_size=60,
        ),
        st.integers(-(10**12), 10**12),
    )
    def test_every_total_is_the_sum_of_its_entries_and_balances_follow_property(
        self, entries, opening
    ):
        postings = [
            a_posting(
                n,
                date.fromordinal(date(2026, 10, 1).toordinal() + day),
                side,
                D(cents).scaleb(-2),
                is_red=red,
            )
            for n, (day, side, cents, red) in enumerate(sorted(entries))
        ]
        start = D(opening).scaleb(-2)

        lines = list(book(postings, opening=start))

        for kind in (DAY, MONTH):
            assert (
                sum((one.debit for one in lines if one.kind == kind), D(0))
                == sums_of(postings).debit
            )
            assert (
                sum((one.credit for one in lines if one.kind == kind), D(0))
                == sums_of(postings).credit
            )
        if lines:
            assert lines[-1].balance == start + sum((one.change for one in postings), D(0))
            assert lines[-1].balance == start + sums_of(postings).net


class TestGaps:
    def test_names_what_is_missing_by_type(self):
        found = gaps([("付", "0001"), ("付", "0004"), ("付", "6"), ("收", "2"), ("转", "")])

        assert found == {"付": ["0002–0003", "0005"], "收": ["0001"]}

    def test_takes_a_long_jump_for_another_series(self):
        assert gaps([("付", "1"), ("付", "9001")]) == {}
