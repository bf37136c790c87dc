"""The CEB adapter against its simulator. The bank's notes tell of payments, their status and receipts: no accounts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bankadapters.contract import Ability, Fate
from kernel.secrets import Secret
from tests.bankadapters.simulated import SimulatedContract


class TestCebAgainstItsSimulator(SimulatedContract):
    slug = "ceb"
    parameters = {"usrID": "3000000001", "not_found_codes": "00/02"}
    secrets = {"userPassword": Secret("demo0000")}
    operation = Ability.PAY
    # What these promise of balances and statements has no messages here.
    test_payments_balance_and_statement_agree = None
    test_money_that_comes_back_is_seen = None
    test_a_statement_is_read_to_its_last_row = None
    test_yesterdays_closing_is_todays_opening = None
    test_every_oddity_seen_in_real_answers_is_understood = None

    def connection(self, address):
        """What the operator's table of final failures names."""
        return replace(super().connection(address), final_failures=frozenset({"00/03"}))

    def pay(self, adapter, *items, batch_no="B01000000017"):
        send = super().pay
        return [said for item in items for said in send(adapter, item)]

    @pytest.mark.parametrize("world", ["none", "quirks"], indirect=True)
    def test_payments_are_taken_then_executed_and_debited_once(self, adapter, world, hand):
        items = [self.payment(1), self.at_home(2), self.payment(3, urgent=True)]
        taken = self.pay(adapter, *items)
        hand.advance(seconds=1)
        under_way = self.ask(adapter, *items)
        hand.advance(minutes=20)

        told = self.ask(adapter, *items)

        assert {o.fate for o in taken} == {Fate.ACCEPTED}
        assert {o.fate for o in under_way.values()} <= {Fate.UNKNOWN, Fate.SUCCEEDED}
        assert {o.fate for o in told.values()} == {Fate.SUCCEEDED}
        assert world.debits() == {item.reference: ["10.01"] for item in items}

    def test_without_the_operators_table_a_failure_stays_open(self, adapter, world, hand):
        adapter.connection = replace(adapter.connection, final_failures=frozenset())
        item = self.at_home(1, payee_name="错名公司")
        self.pay(adapter, item)
        hand.advance(minutes=20)

        assert self.ask(adapter, item)[item.reference].fate is Fate.UNKNOWN

    def test_receipts_are_listed_page_by_page_and_fetched_by_name(self, adapter, world, hand):
        for number in range(60):
            world.tell("credit", {"account": self.own[0].number, "amount": f"{number + 1}.00"})
        day = hand.moment.date()

        found = adapter.receipts(self.own[0], day, day)

        assert len({receipt.receipt_no for receipt in found}) == 60
        file = adapter.receipt_file(found[0])
        assert file.startswith(b"%PDF-")
        assert found[0].receipt_no.encode() in file
