"""The China Merchants Bank adapter against its simulator, in each of the front-end's modes."""

from __future__ import annotations

from bankadapters.contract import Ability, AccountRef, Inquiry
from tests.bankadapters.simulated import SimulatedContract

USER = {"LGNNAM": "OPER01"}
SOME_FAULTS = ("truncated", "garbage", "drop_after_booking", "http_500")


class TestCmbAgainstItsSimulator(SimulatedContract):
    slug = "cmb"
    parameters = USER

    def test_accounts_and_receipts_are_listed(self, adapter, world, hand):
        self.pay(adapter, self.payment(1))
        hand.advance(minutes=20)

        (receipt,) = adapter.receipts(self.own[0], hand.moment.date(), hand.moment.date())

        assert {found.account for found in adapter.account_list()} == {a.number for a in self.own}
        assert (receipt.money, receipt.account) == (self.payment(1).money, self.own[0].number)
        assert adapter.receipts(self.own[0], hand.moment.date(), hand.moment.date()) == [receipt]

    def test_an_account_of_somebody_else_is_left_out(self, adapter, world):
        found = adapter.balances([*self.own, AccountRef("999999999999999", branch="57")])

        assert {balance.account for balance in found} == {a.number for a in self.own}

    def test_a_payroll_ends_under_its_number(self, adapter, world, hand):
        self.operation = Ability.PAYROLL
        people = [
            self.at_home(n, payee_account=f"62250000000000{n:02d}", payee_name=f"员工{n}")
            for n in (1, 2)
        ]
        (taken,) = self.pay(adapter, *people, batch_no="S20260300001")
        hand.advance(minutes=20)

        (told,) = adapter.inquire(
            [Inquiry(taken.reference, day=hand.moment.date(), operation=self.operation)]
        )

        assert (taken.reference, str(taken.fate)) == ("S20260300000", "processing")
        assert (told.reference, str(told.fate)) == ("S20260300000", "succeeded")


class TestOverASocket(SimulatedContract):
    slug = "cmb"
    parameters = USER | {"mode": "socket"}
    fault_profiles = SOME_FAULTS

    def connection(self, address):
        return super().connection(address.replace("http://", "tcp://").rstrip("/"))


class TestInAForm(SimulatedContract):
    slug = "cmb"
    parameters = USER | {"mode": "form"}
    fault_profiles = SOME_FAULTS
