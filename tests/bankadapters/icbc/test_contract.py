"""The ICBC adapter against its simulator: packages of many, payments alone, and the newer layout."""

from __future__ import annotations

from decimal import Decimal

from bankadapters.contract import Ability, AccountRef, Inquiry
from kernel.money import Money
from tests.bankadapters.simulated import SimulatedContract

IDENTITY = {"CIS": "100090000000001", "ID": "demo.y.1000"}


class TestIcbcAgainstItsSimulator(SimulatedContract):
    slug = "icbc"
    parameters = IDENTITY
    endpoints = {"sign": "/"}

    def test_an_account_of_somebody_else_is_left_out(self, adapter, world):
        found = adapter.balances([*self.own, AccountRef("9999999999999999999")])

        assert {balance.account for balance in found} == {a.number for a in self.own}

    def test_a_payer_name_that_differs_is_refused_by_the_bank(self, adapter, world, hand):
        item = self.payment(1, payer_name="示例贸易公司")

        (said,) = self.pay(adapter, item)

        assert (str(said.fate), said.code) == ("failed", "6/B0043")
        assert world.debits() == {}

    def test_a_payroll_ends_under_its_number(self, adapter, world, hand):
        self.operation = Ability.PAYROLL
        people = [
            self.at_home(n, payee_account=f"62220200000000{n:02d}", payee_name=f"员工{n}")
            for n in (1, 2)
        ]
        (taken,) = self.pay(adapter, *people, batch_no="S20260300001")
        hand.advance(minutes=20)

        (told,) = adapter.inquire(
            [Inquiry(taken.reference, day=hand.moment.date(), operation=self.operation)]
        )

        assert (taken.reference, str(taken.fate)) == ("S20260300000", "accepted")
        assert (told.reference, str(told.fate)) == ("S20260300000", "succeeded")
        assert told.money == Money(Decimal("20.02"))


class TestPaymentsAlone(SimulatedContract):
    slug = "icbc"
    parameters = IDENTITY | {"version": "0.0.1.0"}
    endpoints = {"sign": "/"}
    operation = Ability.PAY
    fault_profiles = ("drop_after_booking", "mixed")

    def pay(self, adapter, *items, batch_no="B01000000017"):
        return [said for item in items for said in super(TestPaymentsAlone, self).pay(adapter, item)]  # fmt: skip
