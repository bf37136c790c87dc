"""The CITIC adapter against its simulator: payments alone, batches, sweeps, payrolls, receipts."""

from __future__ import annotations

from dataclasses import replace

from bankadapters.contract import Ability, Fate, Inquiry
from tests.bankadapters.simulated import SimulatedContract

LOGIN = {"userName": "demo_login", "not_found_codes": "SIM0404"}


class TestCiticAgainstItsSimulator(SimulatedContract):
    slug = "citic"
    parameters = LOGIN
    operation = Ability.PAY

    def pay(self, adapter, *items, batch_no="B01000000017"):
        send = super().pay
        return [said for item in items for said in send(adapter, item)]

    def test_receipts_are_listed_page_by_page_and_their_files_taken_out_of_the_zip(
        self, adapter, world, hand
    ):
        for number in range(25):
            world.tell("credit", {"account": self.own[0].number, "amount": f"{number + 1}.00"})
        day = hand.moment.date()

        found = adapter.receipts(self.own[0], day, day)

        assert len({receipt.receipt_no for receipt in found}) == 25
        file = adapter.receipt_file(found[0])
        assert file.startswith(b"%PDF-")
        assert found[0].receipt_no.encode() in file

    def test_a_sweep_and_a_pool_are_internal_transfers(self, adapter, world, hand):
        self.operation = Ability.SWEEP
        swept = [self.at_home(n) for n in (1, 2)]
        self.pay(adapter, swept[0])
        pool = {"sweep": "pool", "pool_account": self.own[1].number}
        adapter.connection = replace(adapter.connection, parameters=LOGIN | pool)
        self.pay(adapter, swept[1])
        hand.advance(minutes=20)

        said = self.ask(adapter, *swept)

        assert said[swept[1].reference].fate is Fate.SUCCEEDED
        assert world.debits() == {item.reference: ["10.01"] for item in swept}

    def test_a_payroll_ends_under_its_number(self, adapter, world, hand):
        self.operation = Ability.PAYROLL
        people = [
            self.at_home(n, payee_account=f"62177100000000{n:02d}", payee_name=f"员工{n}")
            for n in (1, 2)
        ]
        (taken,) = SimulatedContract.pay(self, adapter, *people, batch_no="S20260300001")
        hand.advance(minutes=20)

        (told,) = adapter.inquire(
            [Inquiry(taken.reference, day=hand.moment.date(), operation=self.operation)]
        )

        assert (taken.reference, str(taken.fate)) == ("S20260300000", "accepted")
        assert (told.reference, str(told.fate)) == ("S20260300000", "succeeded")


class TestBatches(SimulatedContract):
    slug = "citic"
    parameters = LOGIN
    statement_names_references = False  # a row of a batch has no reconciliation number
    fault_profiles = ("drop_after_booking", "missing_items", "wrong_echo", "mixed")
    test_a_statement_is_read_to_its_last_row = None
