"""The Bank of Communications adapter against its simulator, over TCP and over HTTP."""

from __future__ import annotations

from dataclasses import replace

from bankadapters.contract import Ability, Batch, Fate, Inquiry
from tests.bankadapters.simulated import SimulatedContract


class TestBocomAgainstItsSimulator(SimulatedContract):
    slug = "bocom"
    parameters = {
        "corp_no": "8000000001", "user_no": "00001", "side_debit": "1", "side_credit": "2", "busi_no": "7001",
    }  # fmt: skip
    operation = Ability.PAY
    statement_names_references = False  # no column carries our number

    def test_a_payroll_that_paid_some_of_its_people_is_not_decided_as_a_whole(
        self, adapter, world, hand
    ):
        card = {"payee_account": "6222600000000000017", "personal": True}
        good, bad = self.at_home(1, **card), self.at_home(2, payee_name="错名", **card)
        bad = replace(bad, payee_account="6222600000000000025")
        batches = [
            Batch(f"B0100000000{n}", items, Ability.PAYROLL)
            for n, items in ((1, [good]), (2, [good, bad]), (3, [bad]))
        ]

        taken = [adapter.pay(batch)[0] for batch in batches]
        hand.advance(minutes=20)
        told = adapter.inquire(
            [Inquiry(b.batch_no, operation=Ability.PAYROLL, batch_no=b.batch_no) for b in batches]
        )

        assert {o.fate for o in taken} == {Fate.ACCEPTED}
        assert [o.fate for o in told] == [Fate.SUCCEEDED, Fate.UNKNOWN, Fate.FAILED]

    def test_several_accounts_are_asked_about_in_one_message(self, adapter, world):
        found = adapter.balances([*self.own, replace(self.own[0], number="310066000000000000009")])

        assert [one.account for one in found] == [one.number for one in self.own]


class TestOverHttp(TestBocomAgainstItsSimulator):
    fault_profiles = ("truncated", "http_500", "wrong_echo")

    def connection(self, address):
        return super().connection(address.replace("tcp://", "http://") + "/")
