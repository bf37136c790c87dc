"""Recording on real PostgreSQL: COPY once, amended entries, newest balances, checked days."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import InternalError, connection, transaction

from statements import selectors, services
from statements.ingest import PLANNER_BLIND_LINES
from statements.models import Balance, DayClose, LatestBalance, StatementEntry
from statements.rules import BalanceFigure
from tests.statements.rows import DAY, a_line

pytestmark = pytest.mark.django_db


class TestRecordEntries:
    def test_stores_what_the_bank_said_word_for_word(self, account):
        line = a_line(
            "S1",
            "1234.50",
            after="98765.50",
            narrative="货\t款\\n\n二行",
            purpose="䶮",
            reference="Y001",
        )

        recorded = services.record_entries(account_id=account.pk, lines=[line], exchange_id=None)

        entry = StatementEntry.objects.get()
        assert recorded.new_ids == (entry.pk,)
        assert (entry.amount, entry.balance_after) == (Decimal("1234.50"), Decimal("98765.50"))
        assert (entry.narrative, entry.purpose) == ("货\t款\\n\n二行", "䶮")
        assert entry.company_id == account.company_id
        assert entry.booked_at == line.booked_at

    def test_tells_the_planner_of_a_table_that_has_outgrown_what_it_knew(self, account):
        lines = [a_line(f"S{n}", "5.00") for n in range(PLANNER_BLIND_LINES)]

        services.record_entries(account_id=account.pk, lines=lines, exchange_id=None)

        with connection.cursor() as cursor:
            cursor.execute("SELECT reltuples FROM pg_class WHERE relname = 'statements_statemententry'")  # fmt: skip
            assert cursor.fetchone()[0] >= PLANNER_BLIND_LINES

    def test_a_second_time_stores_nothing(self, account):
        lines = [a_line(f"S{n}", "5.00", after=str(100 - n)) for n in range(50)]

        first = services.record_entries(account_id=account.pk, lines=lines)
        second = services.record_entries(account_id=account.pk, lines=iter(lines))

        assert (len(first.new_ids), first.seen) == (50, 0)
        assert (second.new_ids, second.amended, second.seen) == ((), 0, 50)
        assert StatementEntry.objects.count() == 50

    def test_overlapping_fetches_store_each_entry_once(self, account):
        lines = [a_line(f"S{n}", "5.00", minute=n) for n in range(30)]

        services.record_entries(account_id=account.pk, lines=lines[:20])
        overlap = services.record_entries(account_id=account.pk, lines=lines[10:])

        assert (len(overlap.new_ids), overlap.seen) == (10, 10)
        assert StatementEntry.objects.count() == 30

    def test_equal_lines_of_one_fetch_are_twins(self, account):
        twins = [a_line("S1", "5.00"), a_line("S1", "5.00")]

        services.record_entries(account_id=account.pk, lines=twins)
        again = services.record_entries(account_id=account.pk, lines=twins)
        third = services.record_entries(account_id=account.pk, lines=[*twins, twins[0]])

        assert again.new_ids == ()
        assert len(third.new_ids) == 1
        occurrences = StatementEntry.objects.order_by("occurrence").values_list(
            "occurrence", flat=True
        )
        assert list(occurrences) == [1, 2, 3]

    def test_a_twin_that_comes_in_a_later_piece_is_known_as_one(self, account):
        many = [a_line(f"S{n}", "5.00", narrative="货款" * 40) for n in range(16_000)]
        lines = [*many, many[0], *many[1:3]]

        recorded = services.record_entries(account_id=account.pk, lines=iter(lines))
        again = services.record_entries(account_id=account.pk, lines=lines, wants_ids=False)

        assert (recorded.new, len(set(recorded.new_ids)), recorded.seen) == (16_003, 16_003, 0)
        assert (again.new, again.new_ids, again.seen) == (0, (), 16_003)
        twins = StatementEntry.objects.filter(occurrence=2).values_list("bank_serial", flat=True)
        assert set(twins) == {"S0", "S1", "S2"}

    def test_different_lines_under_one_serial_are_both_entries(self, account):
        lines = [a_line("S1", "5.00", narrative="本金"), a_line("S1", "0.50", narrative="手续费")]

        recorded = services.record_entries(account_id=account.pk, lines=lines)
        again = services.record_entries(account_id=account.pk, lines=list(reversed(lines)))

        assert (len(recorded.new_ids), recorded.amended) == (2, 0)
        assert (again.new_ids, again.amended, again.seen) == ((), 0, 2)

    def test_an_amended_entry_keeps_both_versions_and_the_newer_is_in_force(self, account):
        services.record_entries(account_id=account.pk, lines=[a_line("S1", "5.00")])

        changed = services.record_entries(account_id=account.pk, lines=[a_line("S1", "6.00")])
        back = services.record_entries(account_id=account.pk, lines=[a_line("S1", "5.00")])

        assert (changed.new_ids, changed.amended) == ((), 1)
        assert back.amended == 1
        assert StatementEntry.objects.count() == 3
        current = selectors.day_entries(account.pk, DAY).get()
        assert (current.amount, current.revision) == (Decimal("5.00"), 3)

    def test_an_empty_fetch_is_no_fault(self, account):
        recorded = services.record_entries(account_id=account.pk, lines=[])

        assert (recorded.new_ids, recorded.seen) == ((), 0)

    def test_keeps_the_banks_order(self, account):
        lines = [a_line(f"S{n:03}", "1.00") for n in reversed(range(200))]

        recorded = services.record_entries(account_id=account.pk, lines=lines)

        assert list(recorded.new_ids) == sorted(recorded.new_ids)
        stored = [entry.bank_serial for entry in selectors.entries_of(recorded.new_ids)]
        assert stored == [line.bank_serial for line in lines]

    def test_entries_cannot_be_changed_or_deleted(self, account):
        services.record_entries(account_id=account.pk, lines=[a_line("S1", "5.00")])

        with pytest.raises(InternalError), transaction.atomic():
            StatementEntry.objects.update(amount=Decimal("6.00"))
        with pytest.raises(InternalError), transaction.atomic():
            StatementEntry.objects.all().delete()


def a_figure(account, book, *, day=DAY, closing=False):
    return BalanceFigure(
        account_id=account.pk,
        currency="CNY",
        book=Decimal(book),
        available=Decimal(book),
        frozen=None,
        as_of=day,
        is_day_closing=closing,
    )


class TestRecordBalances:
    def test_keeps_history_and_carries_the_newest_forward(self, account):
        services.record_balances(figures=[a_figure(account, "100.00")])
        services.record_balances(figures=[a_figure(account, "90.00")])

        assert Balance.objects.count() == 2
        assert selectors.latest_balance(account.pk).book == Decimal("90.00")

    def test_an_older_fetch_that_comes_late_changes_nothing(self, account, frozen_clock):
        services.record_balances(figures=[a_figure(account, "90.00")])
        frozen_clock.advance(seconds=-60)
        services.record_balances(figures=[a_figure(account, "100.00")])

        assert selectors.latest_balance(account.pk).book == Decimal("90.00")

    def test_a_day_closing_figure_is_history_only(self, account):
        services.record_balances(figures=[a_figure(account, "77.00", closing=True)])

        assert selectors.latest_balance(account.pk) is None
        assert selectors.day_balance(account.pk, DAY) == Decimal("77.00")

    def test_a_failed_fetch_is_not_zero(self, account):
        services.record_balance_failure(account_id=account.pk, why="timeout")
        assert selectors.latest_balance(account.pk) is None

        services.record_balances(figures=[a_figure(account, "90.00")])
        services.record_balance_failure(account_id=account.pk, why="timeout")

        latest = LatestBalance.objects.get()
        assert (latest.book, latest.failure) == (Decimal("90.00"), "timeout")
        assert latest.failed_at is not None


class TestCloseDay:
    def lines(self):
        return [
            a_line("S1", "40.00", direction="credit", after="140.00", minute=1),
            a_line("S2", "15.00", after="125.00", minute=2),
        ]

    def test_a_past_day_that_adds_up_is_closed_without_difference(self, account, frozen_clock):
        services.record_entries(account_id=account.pk, lines=self.lines())
        frozen_clock.advance(days=1)
        services.record_balances(figures=[a_figure(account, "125.00", closing=True)])

        row = services.close_day(account_id=account.pk, day=DAY)

        assert (row.opening, row.credits, row.debits, row.closing) == (100, 40, 15, 125)
        assert (row.difference, row.is_closed, row.entry_count) == (0, True, 2)

    def test_today_is_provisional(self, account, frozen_clock):
        services.record_entries(account_id=account.pk, lines=self.lines())

        row = services.close_day(account_id=account.pk, day=DAY)

        assert (row.difference, row.is_closed) == (0, False)

    def test_a_missing_entry_shows_as_difference(self, account, frozen_clock):
        frozen_clock.advance(days=1)
        services.record_entries(account_id=account.pk, lines=self.lines()[:1])
        services.record_balances(figures=[a_figure(account, "125.00", closing=True)])

        row = services.close_day(account_id=account.pk, day=DAY)

        assert row.difference == Decimal("15.00")
        assert "相差 15.00" in row.note

    def test_the_opening_is_the_closing_of_the_day_before(self, account, frozen_clock):
        services.record_entries(account_id=account.pk, lines=self.lines())
        frozen_clock.advance(days=2)
        services.close_day(account_id=account.pk, day=DAY)
        late = a_line("S9", "5.00", after="121.00", day=DAY + timedelta(days=1))
        services.record_entries(account_id=account.pk, lines=[late])

        row = services.close_day(account_id=account.pk, day=DAY + timedelta(days=1))

        assert row.opening == Decimal("125.00")
        assert row.difference == Decimal("-1.00")

    def test_a_later_fetch_repairs_the_day(self, account, frozen_clock):
        frozen_clock.advance(days=1)
        services.record_balances(figures=[a_figure(account, "125.00", closing=True)])
        services.record_entries(account_id=account.pk, lines=self.lines()[:1])
        assert services.close_day(account_id=account.pk, day=DAY).difference != 0

        services.record_entries(account_id=account.pk, lines=self.lines())
        row = services.close_day(account_id=account.pk, day=DAY)

        assert row.difference == 0
        assert DayClose.objects.count() == 1
