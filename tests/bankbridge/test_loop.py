"""Dispatch → inquire → pull against the bank's simulator: real sockets, real PostgreSQL, two sets of books."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bankbridge.models import Exchange
from bankbridge.services import dispatch, inquiry, pull
from payments.models import DebitTie, PaymentInstruction
from statements import selectors as told
from statements.models import DayClose

pytestmark = pytest.mark.django_db(transaction=True)


def states() -> dict[str, int]:
    found: dict[str, int] = {}
    for state in PaymentInstruction.objects.values_list("state", flat=True):
        found[state] = found.get(state, 0) + 1
    return found


class TestTheWholeLoop:
    def test_payments_end_and_both_books_agree(self, world, bank):
        simulator = bank("--no-delays")
        world.reach(simulator.url)
        sent = world.queue("100.00", "250.50", "0.01")

        assert dispatch.tick() == 1
        assert states() == {"accepted": 3}
        PaymentInstruction.objects.update(next_inquiry_at=None)
        for row in PaymentInstruction.objects.all():
            PaymentInstruction.objects.filter(pk=row.pk).update(next_inquiry_at=row.sent_at)
        assert inquiry.tick() == 3
        assert states() == {"succeeded": 3}
        assert pull.balances() == 1
        assert pull.statements() == 1

        assert simulator.debits() == {one.bank_ref: f"{one.amount:.2f}" for one in sent}
        assert told.latest_balance(world.account.pk).book == Decimal("999649.49")
        assert DebitTie.objects.filter(role="debit").count() == 3
        day = DayClose.objects.get()
        assert (day.debits, day.difference) == (Decimal("350.51"), Decimal("0.00"))
        assert not Exchange.objects.exclude(result="answered").exists()
