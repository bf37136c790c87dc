"""The suite every bank's adapter passes, and garbage: bank errors only, and no payment is ended by noise."""

from __future__ import annotations

from bankadapters.banks.abc.adapter import AbcAdapter
from bankadapters.contract import Ability
from bankadapters.testing import AdapterContract
from tests.bankadapters.abc.values import (
    NUMBER,
    a_batch,
    a_connection,
    answer,
    echoing,
    golden,
    stands,
    taken,
)
from tests.bankadapters.garbage import GarbageContract


class TestAbcAdapterContract(AdapterContract):
    slug = "abc"
    references = (NUMBER,)
    secrets = ()

    def adapter(self, transport, recorder):
        return AbcAdapter(a_connection(), transport=transport, recorder=recorder)

    def batch(self):
        return a_batch()

    def before_payment(self):
        return []

    def paid(self):
        return echoing(taken())

    def executed(self):
        return answer("CQRT04", stands("0000"))


class TestGarbage(GarbageContract):
    answers = {
        Ability.BALANCE: golden("balance_answer.xml"),
        Ability.TRANSACTIONS: golden("details_answer.xml") + golden("details_file.txt"),
        Ability.INQUIRE: answer("CQRT04", stands("0000")),
        Ability.PAY: answer("CFRT02", taken()),
    }

    def reader(self):
        return AbcAdapter(a_connection())
