"""The suite every bank's adapter passes, and garbage: bank errors only, and no payment is ended by noise."""

from __future__ import annotations

from bankadapters.banks.bocom.adapter import BocomAdapter
from bankadapters.contract import Ability
from bankadapters.testing import AdapterContract
from tests.bankadapters.bocom.values import (
    NUMBER,
    a_batch,
    a_connection,
    answer,
    echoing,
    golden,
    stands,
)
from tests.bankadapters.garbage import GarbageContract


class TestBocomAdapterContract(AdapterContract):
    slug = "bocom"
    references = (NUMBER,)
    secrets = ()

    def adapter(self, transport, recorder):
        return BocomAdapter(a_connection(), transport=transport, recorder=recorder)

    def batch(self):
        return a_batch()

    def before_payment(self):
        return []

    def paid(self):
        return echoing()

    def executed(self):
        return echoing(stands("1"))


class TestGarbage(GarbageContract):
    answers = {
        Ability.BALANCE: answer("310101", golden("balance_answer_body").decode("gbk")),
        Ability.INQUIRE: answer("310204", golden("inquire_answer_body").decode("gbk")),
        Ability.PAY: answer("210201"),
    }

    def reader(self):
        return BocomAdapter(a_connection())
