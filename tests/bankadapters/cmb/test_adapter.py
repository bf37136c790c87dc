"""The suite every bank's adapter passes, and garbage: bank errors only, and no payment is ended by noise."""

from __future__ import annotations

import pytest

from bankadapters.banks.cmb.adapter import CmbAdapter
from bankadapters.contract import Ability
from bankadapters.errors import Unreadable
from bankadapters.testing import AdapterContract
from tests.bankadapters.cmb.values import a_batch, a_connection, an_answer, golden, stands
from tests.bankadapters.garbage import GarbageContract

ANSWERS = {
    Ability.BALANCE: "balance_answer",
    Ability.TRANSACTIONS: "transactions_answer",
    Ability.PAY: "pay_answer",
    Ability.PAY_BATCH: "pay_batch_answer",
    Ability.PAYROLL: "payroll_answer",
    Ability.INQUIRE: "inquire_answer",
}


class TestCmbAdapterContract(AdapterContract):
    slug = "cmb"
    references = ("P20240611000002",)
    secrets = ()

    def adapter(self, transport, recorder):
        return CmbAdapter(a_connection(), transport=transport, recorder=recorder)

    def batch(self):
        return a_batch()

    def before_payment(self):
        return []

    def paid(self):
        return golden("pay_answer")

    def executed(self):
        return an_answer(stands("FIN", "S"))


class TestGarbage(GarbageContract):
    answers = {operation: golden(name) for operation, name in ANSWERS.items()}
    may_fail_at_once = True

    def reader(self):
        return CmbAdapter(a_connection())


@pytest.mark.parametrize(
    "root", [b"<html/>", b"<CMBSDKPGK/>", b"<a><CMBSDKPGK><INFO/></CMBSDKPGK></a>"]
)
def test_another_document_is_unreadable(root):
    with pytest.raises(Unreadable):
        CmbAdapter(a_connection()).read(Ability.INQUIRE, root)
