"""The suite every bank's adapter passes, and garbage: bank errors only, and no payment is ended by noise."""

from __future__ import annotations

import pytest

from bankadapters.banks.ceb.adapter import CebAdapter
from bankadapters.contract import Ability, Inquiry
from bankadapters.errors import Unreadable
from bankadapters.testing import AdapterContract
from tests.bankadapters.ceb.values import (
    PASSWORD,
    REFERENCE,
    a_batch,
    a_connection,
    answer,
    asking,
    stands,
)
from tests.bankadapters.garbage import GarbageContract


class TestCebAdapterContract(AdapterContract):
    slug = "ceb"
    references = (REFERENCE,)
    secrets = (PASSWORD.encode(),)

    def adapter(self, transport, recorder):
        return CebAdapter(a_connection(), transport=transport, recorder=recorder)

    def batch(self):
        return a_batch()

    def before_payment(self):
        return []

    def paid(self):
        return answer()

    def executed(self):
        return stands("00", "00", ClientPchID=REFERENCE)

    def test_only_what_was_asked_is_reported(self):
        """An answer about another payment is not believed at all."""
        adapter, _ = asking(self.executed())

        with pytest.raises(Unreadable, match="another payment was asked about"):
            adapter.inquire([Inquiry("SOMETHINGELSE")])


class TestGarbage(GarbageContract):
    answers = {
        Ability.RECEIPT_LIST: answer("<BillNumber>1</BillNumber>", "<BillNumber>2</BillNumber>"),
        Ability.PAY: answer(),
        Ability.INQUIRE: stands("01", "01"),
    }

    def reader(self):
        return CebAdapter(a_connection())
