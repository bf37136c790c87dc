"""The suite every bank's adapter passes, and garbage: bank errors only, and no payment is ended by noise."""

from __future__ import annotations

import pytest

from bankadapters.banks.cmbc.adapter import CmbcAdapter
from bankadapters.contract import Ability, Inquiry
from bankadapters.errors import Unreadable
from bankadapters.testing import AdapterContract
from tests.bankadapters.cmbc.values import (
    PASSWORD,
    REFERENCE,
    a_batch,
    a_connection,
    answer,
    asking,
    fields,
    stands,
)
from tests.bankadapters.garbage import GarbageContract

TAKEN = answer(fields(insId=REFERENCE, svrId="SV1"))


class TestCmbcAdapterContract(AdapterContract):
    slug = "cmbc"
    references = (REFERENCE,)
    secrets = (PASSWORD.encode(),)

    def adapter(self, transport, recorder):
        return CmbcAdapter(a_connection(), transport=transport, recorder=recorder)

    def batch(self):
        return a_batch()

    def before_payment(self):
        return []

    def paid(self):
        return TAKEN

    def executed(self):
        return answer(stands("0"))

    def test_only_what_was_asked_is_reported(self):
        """An answer about another payment is not believed at all."""
        adapter, _ = asking(self.executed())

        with pytest.raises(Unreadable, match="another payment was asked about"):
            adapter.inquire([Inquiry("SOMETHINGELSE")])


class TestGarbage(GarbageContract):
    answers = {
        Ability.BALANCE: answer(fields(acntNo="600000001", bal="5.00", avl="4.00")),
        Ability.PAY: TAKEN,
        Ability.INQUIRE: answer(stands("1")),
    }

    def reader(self):
        return CmbcAdapter(a_connection())
