"""Whatever comes over the wire: bank errors only, and no payment is ended by noise. A suite to inherit."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bankadapters.contract import Ability, BankAdapter, Fate
from bankadapters.dialect import INQUIRIES, PAYMENTS
from bankadapters.errors import BankError

FINAL = (Fate.SUCCEEDED, Fate.FAILED, Fate.RETURNED)


class GarbageContract(ABC):
    """`answers` are real-shaped answers by operation; none of the inquiries among them fails a payment.

    `may_fail_at_once`: the bank's own answer to a submission may fail a payment, so that noise may too.
    """

    answers: ClassVar[Mapping[Ability, bytes]]
    may_fail_at_once: ClassVar[bool] = False

    @abstractmethod
    def reader(self) -> BankAdapter:
        """An adapter to read with."""

    # The properties are made anew for each bank: one function may not serve several classes.

    def test_mutated_answers_raise_bank_errors_only_and_pay_never_ends_property(self):
        @settings(deadline=None)
        @given(data=st.data())
        def property_(data):
            operation = data.draw(st.sampled_from(sorted(self.answers)))
            answer = bytearray(self.answers[operation])
            for _ in range(data.draw(st.integers(1, 4))):
                start = data.draw(st.integers(0, len(answer) - 1))
                end = min(len(answer), start + data.draw(st.integers(0, 12)))
                answer[start:end] = data.draw(st.binary(max_size=6))
            self.require_honest(operation, bytes(answer))

        property_()

    def require_honest(self, operation: Ability, answer: bytes) -> None:
        """Nothing but a bank error, and no end of a payment that the answer did not tell."""
        try:
            said = self.reader().read(operation, answer)
        except BankError:
            return
        fates = {outcome.fate for outcome in said.outcomes}
        if operation in PAYMENTS:
            allowed = {Fate.FAILED} if self.may_fail_at_once else set()
            assert not (fates & set(FINAL)) - allowed
        elif operation in INQUIRIES:
            assert Fate.FAILED not in fates

    def test_garbage_is_never_an_outcome_property(self):
        @settings(deadline=None)
        @given(garbage=st.binary(max_size=400))
        def property_(garbage):
            for operation in (Ability.INQUIRE, Ability.PAY):
                with pytest.raises(BankError):
                    self.reader().read(operation, garbage)

        property_()

    def test_every_truncation_is_refused(self):
        whole = self.answers[Ability.INQUIRE].rstrip()
        adapter = self.reader()

        for end in range(0, len(whole) - 1, 3):
            with pytest.raises(BankError):
                adapter.read(Ability.INQUIRE, whole[:end])
