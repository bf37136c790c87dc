"""The China Construction Bank adapter against its simulator, over bare TCP and in a form."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bankadapters import registry
from bankadapters.contract import Ability, Batch, Fate, Inquiry
from bankadapters.errors import OutcomeUnknown
from bankadapters.testing import MemoryRecorder
from kernel.references import bank_reference, make_reference
from kernel.secrets import Secret
from tests.bankadapters.simulated import SimulatedContract


def number(sequence: int, kind: str = "Y") -> str:
    return bank_reference(make_reference(kind, epoch=1, sequence=sequence), "digits:16")


class CcbContract(SimulatedContract):
    slug = "ccb"
    parameters = {
        "CUST_ID": "BJ11000000000000001", "USER_ID": "WLPT09", "not_found_codes": "SIM900000006",
        "BILL_CODE": "8800001", "USEOF_CODE": "0001", "6W0800_row": "DETAIL", "6W0800_serial": "SERIAL_NUM",
        "6W0800_result": "RESULT", "6W0800_success": "1", "6W0800_failure": "2",
    }  # fmt: skip
    secrets = {"PASSWORD": Secret("demo0000")}
    operation = Ability.PAY

    def payment(self, sequence, amount="10.01", **changes):
        return super().payment(sequence, amount, **({"reference": number(sequence)} | changes))


class TestCcbAgainstItsSimulator(CcbContract):
    def test_a_batch_is_asked_about_by_the_serials_of_its_lines(self, adapter, world, hand):
        items = [
            self.payment(1),
            self.at_home(2, payee_name="错名公司"),
            self.payment(3, "999999999.00"),
        ]
        batch = Batch(number(1, "B"), items, Ability.PAY_BATCH)
        taken = adapter.pay(batch)
        hand.advance(minutes=20)

        told = adapter.inquire(
            [
                Inquiry(
                    item.reference, day=item.day, operation=Ability.PAY_BATCH, batch_no=batch.batch_no,
                    payer_account=item.payer_account,
                )
                for item in items
            ]
        )  # fmt: skip

        assert {o.fate for o in taken} == {Fate.ACCEPTED}
        assert [(o.reference, o.fate) for o in told] == [
            (items[0].reference, Fate.SUCCEEDED), (items[1].reference, Fate.FAILED),
            (items[2].reference, Fate.FAILED),
        ]  # fmt: skip

    def test_a_batch_of_many_pages_is_read_to_its_end(self, adapter, world, hand):
        items = [self.payment(n, "1.00") for n in range(1, 76)]
        batch = Batch(number(2, "B"), items, Ability.PAY_BATCH)
        chosen = adapter.together(batch)
        adapter.pay(replace(batch, instructions=chosen))
        hand.advance(minutes=20)

        told = adapter.inquire(
            [
                Inquiry(
                    item.reference, day=item.day, operation=Ability.PAY_BATCH, batch_no=batch.batch_no,
                    payer_account=item.payer_account,
                )
                for item in chosen
            ]
        )  # fmt: skip

        assert 60 < len(chosen) <= 75
        assert {o.fate for o in told} == {Fate.SUCCEEDED}
        assert len(told) == len(chosen)

    @pytest.mark.parametrize("query", ["6W1503", "6W0500"])
    def test_a_payroll_is_one_person_under_its_batch_number(self, adapter, world, hand, query):
        adapter.connection.parameters["payroll_query"] = query
        good, bad = self.at_home(1), self.at_home(2, payee_name="错名公司")
        batches = [
            Batch(number(n, "B"), [item], Ability.PAYROLL) for n, item in ((1, good), (2, bad))
        ]
        taken = [adapter.pay(batch)[0] for batch in batches]
        with pytest.raises(OutcomeUnknown, match="0130Z110B144"):
            adapter.pay(batches[0])
        hand.advance(minutes=20)

        told = adapter.inquire(
            [Inquiry(b.batch_no, operation=Ability.PAYROLL, batch_no=b.batch_no) for b in batches]
        )

        assert [o.fate for o in taken] == [Fate.ACCEPTED, Fate.ACCEPTED]
        assert [(o.reference, o.fate) for o in told] == [
            (batches[0].batch_no, Fate.SUCCEEDED), (batches[1].batch_no, Fate.FAILED),
        ]  # fmt: skip

    def test_the_client_is_alive(self, world):
        recorder = MemoryRecorder()
        adapter = registry.open(self.connection(world.addresses["ccb"]), recorder=recorder)

        adapter.sign_on()

        (_, asked), (_, answered) = recorder.told
        assert b"<TX_CODE>6W9101</TX_CODE>" in asked.request
        assert b"<RETURN_CODE>000000</RETURN_CODE>" in answered.answer


class TestInAForm(CcbContract):
    parameters = CcbContract.parameters | {
        "details": "6W0300", "interbank": "6W8020", "CST_PAY_NO": "Y",
    }  # fmt: skip
    statement_names_references = False  # 6W0300 has no number of ours
    fault_profiles = ("truncated", "garbage", "drop_after_booking", "wrong_echo")

    def connection(self, address):
        return super().connection(address.replace("tcp://", "http://") + "/")
