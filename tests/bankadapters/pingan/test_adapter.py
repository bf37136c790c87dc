"""The suite every bank's adapter passes, and garbage: bank errors only, and no payment is ended by noise."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bankadapters.banks.pingan.adapter import PinganAdapter
from bankadapters.contract import Ability, Fate
from bankadapters.errors import BankError
from bankadapters.testing import AdapterContract
from tests.bankadapters.pingan.values import (
    VOUCHER,
    a_batch,
    a_connection,
    echoing,
    fields,
    framed,
    golden,
    result,
    stands,
)


class TestPinganAdapterContract(AdapterContract):
    slug = "pingan"
    references = (VOUCHER,)
    secrets = ()

    def adapter(self, transport, recorder):
        return PinganAdapter(a_connection(), transport=transport, recorder=recorder)

    def batch(self):
        return a_batch(operation=Ability.PAY)

    def dressed(self, document):
        return framed(document)

    def before_payment(self):
        return []

    def paid(self):
        return echoing(result(fields(ThirdVoucher=VOUCHER, FrontLogNo="51")))

    def executed(self):
        return framed(result(stands("20")))


class TestGarbage:
    @settings(max_examples=200, deadline=None)
    @given(data=st.data())
    def test_mutated_answers_raise_bank_errors_only_and_pay_never_ends(self, data):
        operation = data.draw(st.sampled_from([Ability.BALANCE, Ability.INQUIRE, Ability.PAY]))
        name = "balance_answer" if operation is Ability.BALANCE else "inquire_answer"
        answer = bytearray(framed(golden(name)))
        for _ in range(data.draw(st.integers(1, 4))):
            start = data.draw(st.integers(0, len(answer) - 1))
            end = min(len(answer), start + data.draw(st.integers(0, 12)))
            answer[start:end] = data.draw(st.binary(max_size=6))

        try:
            said = PinganAdapter(a_connection()).read(operation, bytes(answer))
        except BankError:
            return

        final = (Fate.SUCCEEDED, Fate.FAILED, Fate.RETURNED)
        assert operation is Ability.INQUIRE or not any(o.fate in final for o in said.outcomes)

    @settings(max_examples=200, deadline=None)
    @given(garbage=st.binary(max_size=400))
    def test_garbage_is_never_an_outcome(self, garbage):
        with pytest.raises(BankError):
            PinganAdapter(a_connection()).read(Ability.INQUIRE, garbage)
