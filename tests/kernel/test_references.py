"""Our numbers as banks' fields carry them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.references import bank_reference, make_instr_no, make_reference


class TestBankReference:
    @given(epoch=st.integers(0, 999), sequence=st.integers(0, 10**11 - 2))
    def test_digits_are_one_to_one_and_tell_payments_from_batches(self, epoch, sequence):
        number = make_instr_no(epoch=epoch, sequence=sequence)
        batch = make_reference("B", epoch=epoch, sequence=sequence)
        other = make_instr_no(epoch=epoch, sequence=sequence + 1)

        made = {bank_reference(one, "digits:16") for one in (number, batch, other)}

        assert len(made) == 3
        assert all(len(one) == 16 and one.isdigit() for one in made)

    def test_most_banks_carry_the_number_as_it_is(self):
        assert bank_reference("Y0100000001X") == "Y0100000001X"

    def test_a_short_field_holds_epoch_and_sequence(self):
        assert bank_reference(make_instr_no(epoch=1, sequence=42), "digits:8") == "10000042"

    @pytest.mark.parametrize(
        ("number", "rule"),
        [
            (make_instr_no(epoch=1, sequence=10**7), "digits:8"),
            (make_instr_no(epoch=1000, sequence=1), "digits:16"),
            ("Y0100000001", "digits:16"),
            (make_reference("Z", epoch=1, sequence=1), "digits:16"),
            (make_instr_no(epoch=1, sequence=1), "letters"),
            (make_instr_no(epoch=1, sequence=1), "digits:4"),
        ],
    )
    def test_refuses_what_it_cannot_hold(self, number, rule):
        with pytest.raises(ValueError, match=r"\S"):
            bank_reference(number, rule)
