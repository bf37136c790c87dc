"""The demo's books: one month reconciled, signed and closed by its people, the next with its puzzles open."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.core.management import call_command

from ledger.models import Period
from masterdata.models import OwnAccount
from reconciliation.models import (
    BankReconciliationStatement,
    DaySignOff,
    MatchLine,
    Proposal,
)
from reconciliation.services import closing
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


@pytest.mark.django_db(transaction=True)
class TestSeedBooks:
    def test_lays_down_a_closed_month_and_a_month_with_puzzles(
        self, frozen_clock, tmp_path, monkeypatch
    ):
        monkeypatch.setenv("YQLINK_DEMO_DIR", str(tmp_path))
        call_command("seed_demo", verbosity=0)

        call_command("seed_books")

        account = OwnAccount.objects.get(number=demo_books.NUMBER)
        row = BankReconciliationStatement.objects.get()
        assert (row.state, row.day, row.item_count) == ("reviewed", date(2026, 9, 30), 4)
        assert row.sheet.is_balanced
        states = dict(Period.objects.filter(company=account.company).values_list("code", "state"))
        assert states == {"2026-09": "locked", "2026-10": "open"}
        assert closing.archive_due() == 1
        assert DaySignOff.objects.count() >= 20
        assert MatchLine.objects.filter(account_id=account.pk).exists()
        assert 3 <= Proposal.objects.filter(account=account).count() <= 12
        call_command("seed_books")
        assert BankReconciliationStatement.objects.count() == 1
