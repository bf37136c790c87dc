"""Whatever comes over the wire: bank errors only, and no payment is ended by noise."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bankadapters.banks.boc.adapter import BocAdapter
from bankadapters.contract import (
    Ability,
    Fate,
)
from bankadapters.errors import (
    BankError,
    Unreadable,
)
from tests.bankadapters.boc.values import (
    a_connection,
    golden,
)

FINAL = {Fate.SUCCEEDED, Fate.FAILED, Fate.RETURNED}

GOLDEN_ANSWERS = {
    Ability.PAY: "pay_answer.xml",
    Ability.INQUIRE: "inquire_answer.xml",
    Ability.TRANSACTIONS: "transactions_answer.xml",
    Ability.BALANCE: "balance_answer.xml",
    Ability.SIGN_ON: "sign_on_answer.xml",
}


class TestGarbage:
    @settings(max_examples=300, deadline=None)
    @given(data=st.data())
    def test_mutated_answers_raise_bank_errors_only_and_pay_never_ends(self, data):
        operation = data.draw(st.sampled_from(sorted(GOLDEN_ANSWERS)))
        answer = bytearray(golden(GOLDEN_ANSWERS[operation]))
        for _ in range(data.draw(st.integers(1, 4))):
            start = data.draw(st.integers(0, len(answer) - 1))
            end = min(len(answer), start + data.draw(st.integers(0, 12)))
            answer[start:end] = data.draw(st.binary(max_size=6))
        adapter = BocAdapter(a_connection())

        try:
            said = adapter.read(operation, bytes(answer))
        except BankError:
            return
        if operation is Ability.PAY:
            assert not any(o.fate in FINAL for o in said.outcomes)
        for outcome in said.outcomes:
            assert outcome.fate is not Fate.FAILED
            assert outcome.fate is not Fate.SUCCEEDED or outcome.code == "B001"

    @settings(max_examples=300, deadline=None)
    @given(garbage=st.binary(max_size=400))
    def test_garbage_is_never_an_outcome(self, garbage):
        adapter = BocAdapter(a_connection())

        with pytest.raises(BankError):
            adapter.read(Ability.INQUIRE, garbage)

    def test_every_truncation_is_refused(self):
        whole = golden("inquire_answer.xml").rstrip()
        adapter = BocAdapter(a_connection())

        for end in range(0, len(whole) - 1, 3):
            with pytest.raises(Unreadable):
                adapter.read(Ability.INQUIRE, whole[:end])
