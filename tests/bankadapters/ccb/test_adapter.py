"""The suite every bank's adapter passes, and garbage: bank errors only, and no payment is ended by noise."""

from __future__ import annotations

from bankadapters.banks.ccb.adapter import CcbAdapter
from bankadapters.contract import Ability
from bankadapters.testing import AdapterContract
from tests.bankadapters.ccb.values import (
    NUMBER,
    SECRET,
    a_batch,
    a_connection,
    answer,
    echoing,
    fields,
    golden,
)
from tests.bankadapters.garbage import GarbageContract

TAKEN = fields(CREDIT_NO="100700000001", DEAL_TYPE="2", VALIDATE_CODE="")


class TestCcbAdapterContract(AdapterContract):
    slug = "ccb"
    references = (NUMBER,)
    secrets = (SECRET.encode(),)

    def adapter(self, transport, recorder):
        return CcbAdapter(a_connection(), transport=transport, recorder=recorder)

    def batch(self):
        return a_batch()

    def before_payment(self):
        return []

    def paid(self):
        return echoing(TAKEN)

    def executed(self):
        return answer("6W0600", fields(CREDIT_NO="100700000001", DEAL_RESULT="4"))


class TestGarbage(GarbageContract):
    answers = {
        Ability.BALANCE: golden("balance_answer"),
        Ability.INQUIRE: answer("6W0600", fields(CREDIT_NO="1007", DEAL_RESULT="4", MESSAGE="")),
        Ability.INQUIRE_PAYROLL: answer("6W1503", fields(DEAL_RESULT="4")),
        Ability.PAY: answer("6W8060", TAKEN),
    }

    def reader(self):
        return CcbAdapter(a_connection())
