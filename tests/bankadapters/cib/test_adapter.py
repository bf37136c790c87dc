"""The suite every bank's adapter passes, and garbage: bank errors only, and no payment is ended by noise."""

from __future__ import annotations

from bankadapters.banks.cib.adapter import CibAdapter
from bankadapters.contract import Ability
from bankadapters.testing import AdapterContract
from tests.bankadapters.cib.values import (
    NUMBER,
    SECRET,
    a_batch,
    a_connection,
    answer,
    echoing,
    golden,
    stands,
    taken,
)
from tests.bankadapters.garbage import GarbageContract


class TestCibAdapterContract(AdapterContract):
    slug = "cib"
    references = (NUMBER,)
    secrets = (SECRET.encode(),)

    def adapter(self, transport, recorder):
        return CibAdapter(a_connection(), transport=transport, recorder=recorder)

    def batch(self):
        return a_batch()

    def before_payment(self):
        return []

    def paid(self):
        return echoing(taken("PAYOUT"))

    def executed(self):
        return answer("XFERINQTRN", stands("PAYOUT"))


class TestGarbage(GarbageContract):
    answers = {
        Ability.BALANCE: golden("balance_answer"),
        Ability.TRANSACTIONS: golden("entries_answer"),
        Ability.INQUIRE: golden("inquire_answer"),
        Ability.INQUIRE_BATCH: answer("RBATCHTRSFRTRN", f"<RSBODY>{stands('PAYOUT')}</RSBODY>"),
        Ability.INQUIRE_PAYROLL: answer("RPAYOFFINQTRN", "<RPAYOFFRS/>"),
        Ability.PAY: golden("pay_answer"),
    }

    def reader(self):
        return CibAdapter(a_connection())
