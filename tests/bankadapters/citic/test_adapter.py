"""The suite every bank's adapter passes, and garbage: bank errors only, and no payment is ended by noise."""

from __future__ import annotations

from bankadapters.banks.citic.adapter import CiticAdapter
from bankadapters.contract import Ability, Fate
from bankadapters.testing import AdapterContract
from tests.bankadapters.citic.values import (
    REFERENCE,
    a_batch,
    a_connection,
    asked,
    asking,
    golden,
    stands,
)
from tests.bankadapters.garbage import GarbageContract


class TestCiticAdapterContract(AdapterContract):
    slug = "citic"
    references = (REFERENCE,)
    secrets = ()

    def adapter(self, transport, recorder):
        return CiticAdapter(a_connection(), transport=transport, recorder=recorder)

    def batch(self):
        return a_batch()

    def before_payment(self):
        return []

    def paid(self):
        return golden("pay_answer")

    def executed(self):
        return golden("inquire_answer")

    def test_only_what_was_asked_is_reported(self):
        """The bank's answer names no payment: it is about the one that was asked for, and says so once."""
        adapter, _ = asking(self.executed())

        assert [(o.reference, o.fate) for o in adapter.inquire(asked(reference="OTHER"))] == [
            ("OTHER", Fate.SUCCEEDED)
        ]


class TestGarbage(GarbageContract):
    answers = {
        Ability.BALANCE: golden("balance_answer"),
        Ability.PAY: golden("pay_answer"),
        Ability.INQUIRE: stands("2", "CCCCCCC"),
    }

    def reader(self):
        return CiticAdapter(a_connection())
