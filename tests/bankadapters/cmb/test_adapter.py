"""The suite every bank's adapter passes, and garbage: bank errors only, and no payment is ended by noise."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bankadapters.banks.cmb.adapter import CmbAdapter
from bankadapters.contract import Ability, Fate
from bankadapters.errors import BankError, Unreadable
from bankadapters.testing import AdapterContract
from tests.bankadapters.cmb.values import a_batch, a_connection, an_answer, golden, stands

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


class TestGarbage:
    @settings(max_examples=200, deadline=None)
    @given(data=st.data())
    def test_mutated_answers_raise_bank_errors_only_and_pay_never_succeeds(self, data):
        operation = data.draw(st.sampled_from(sorted(ANSWERS)))
        answer = bytearray(golden(ANSWERS[operation]))
        for _ in range(data.draw(st.integers(1, 4))):
            start = data.draw(st.integers(0, len(answer) - 1))
            end = min(len(answer), start + data.draw(st.integers(0, 12)))
            answer[start:end] = data.draw(st.binary(max_size=6))

        try:
            said = CmbAdapter(a_connection()).read(operation, bytes(answer))
        except BankError:
            return

        assert not any(o.fate in (Fate.SUCCEEDED, Fate.RETURNED) for o in said.outcomes) or (
            operation is Ability.INQUIRE
        )

    @settings(max_examples=200, deadline=None)
    @given(garbage=st.binary(max_size=400))
    def test_garbage_is_never_an_outcome(self, garbage):
        with pytest.raises(BankError):
            CmbAdapter(a_connection()).read(Ability.INQUIRE, garbage)

    @pytest.mark.parametrize(
        "root", [b"<html/>", b"<CMBSDKPGK/>", b"<a><CMBSDKPGK><INFO/></CMBSDKPGK></a>"]
    )
    def test_another_document_is_unreadable(self, root):
        with pytest.raises(Unreadable):
            CmbAdapter(a_connection()).read(Ability.INQUIRE, root)
