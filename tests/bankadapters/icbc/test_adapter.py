"""The suite every bank's adapter passes, and garbage: bank errors only, and no payment is ended by noise."""

from __future__ import annotations

import pytest

from bankadapters.banks.icbc.adapter import IcbcAdapter
from bankadapters.contract import Ability, Inquiry
from bankadapters.errors import Unreadable
from bankadapters.testing import AdapterContract, MemoryRecorder
from bankadapters.transport import MemoryTransport
from tests.bankadapters.garbage import GarbageContract
from tests.bankadapters.icbc.values import (
    PACKAGE,
    SIGNED,
    a_batch,
    a_connection,
    document,
    dressed,
    golden,
    paid,
    stands,
)


class TestIcbcAdapterContract(AdapterContract):
    slug = "icbc"
    references = (PACKAGE,)
    secrets = ()

    def adapter(self, transport, recorder):
        return IcbcAdapter(a_connection(), transport=transport, recorder=recorder)

    def batch(self):
        return a_batch()

    def dressed(self, document):
        return dressed(document)

    def before_payment(self):
        return [SIGNED]

    def paid(self):
        return dressed(paid("0"))

    def executed(self):
        return dressed(document(stands("7")))

    def test_every_cut_answer_decides_nothing(self):
        self.before_payment = list  # a question passes no signing port
        super().test_every_cut_answer_decides_nothing()

    def test_only_what_was_asked_is_reported(self):
        """An answer about another package is not believed at all."""
        adapter = self.adapter(MemoryTransport([self.executed()]), MemoryRecorder())

        with pytest.raises(Unreadable, match="another one was asked about"):
            adapter.inquire([Inquiry("SOMETHINGELSE")])


class TestGarbage(GarbageContract):
    answers = {
        Ability.BALANCE: dressed(golden("balance_answer")),
        Ability.PAY: dressed(paid("0")),
        Ability.INQUIRE: dressed(document(stands("9"))),
    }
    may_fail_at_once = True

    def reader(self):
        return IcbcAdapter(a_connection())
