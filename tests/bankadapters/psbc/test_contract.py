"""The Postal Savings Bank of China adapter against its simulator, under a key that changes every day."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bankadapters import registry
from bankadapters.contract import Ability, Batch, Fate
from bankadapters.errors import NotSent, OutcomeUnknown
from bankadapters.sessions import MemorySessions
from kernel.references import bank_reference, make_instr_no
from kernel.secrets import Secret
from tests.bankadapters.simulated import FINAL, SimulatedContract

ACCOUNT = "951000010000000017"


class TestPsbcAgainstItsSimulator(SimulatedContract):
    slug = "psbc"
    parameters = {
        "unit": "000000000001", "payer_account": ACCOUNT, "key_codes": "A0", "not_found_codes": "25",
    }  # fmt: skip
    secrets = {"master_key": Secret("0123456789ABCDEF")}
    operation = Ability.PAY

    def payment(self, number, amount="10.01", **changes):
        """Every payee banks here: the agency protocol pays nobody else."""
        reference = bank_reference(make_instr_no(epoch=1, sequence=number), "digits:8")
        values = {
            "reference": reference, "payee_account": "6217990000001234567", "payee_bank": "中国邮政储蓄银行",
            "cnaps": "403100000004", "personal": True,
        }  # fmt: skip
        return super().payment(number, amount, **(values | changes))

    def test_what_the_bank_refuses_is_failed_only_when_it_says_so(self, adapter, world, hand):
        """No name goes out: what fails is a payment without funds, once its code is on the operator's list."""
        item = self.payment(1, "2000000.00")
        said = self.pay(adapter, item)
        hand.advance(minutes=20)

        told = self.ask(adapter, item)[item.reference]
        listed = replace(adapter.connection, final_failures=frozenset({"51"}))
        decided = self.ask(registry.open(listed), item)[item.reference]

        assert not any(o.fate in FINAL for o in said)
        assert (told.fate, told.code) == (Fate.UNKNOWN, "51")
        assert decided.fate is Fate.FAILED
        assert world.debits() == {}

    def test_a_payee_the_bank_knows_by_name_is_paid_though_no_name_goes_out(
        self, adapter, world, hand
    ):
        item = self.payment(1)
        world.tell("accounts", {"number": item.payee_account, "name": "江阴某某", "bank": "psbc", "role": "payee"})  # fmt: skip
        self.pay(adapter, item)
        hand.advance(minutes=20)

        assert self.ask(adapter, item)[item.reference].fate is Fate.SUCCEEDED

    def test_money_that_comes_back_is_seen(self, adapter, world, hand):
        pytest.skip("no name goes out, and no entries come: a return is seen by another channel")

    def test_the_key_changes_every_day_by_itself(self, adapter, world, hand):
        self.pay(adapter, self.payment(1))
        first = adapter.keeper.known()
        hand.advance(days=1)
        self.pay(adapter, self.payment(2))

        assert adapter.keeper.known() != first
        assert len(world.debits()) == 1, "the second one settles later"

    def test_a_key_the_bank_has_forgotten_is_replaced_and_the_payment_sent_under_its_own_number(
        self, world, hand
    ):
        connection, kept = self.connection(world.addresses["psbc"]), MemorySessions()
        adapter, other = registry.open(connection, sessions=kept), registry.open(connection)
        adapter.sign_on()
        other.sign_on()  # the first key is not good any more

        (said,) = adapter.pay(Batch("B1", [self.payment(1)], Ability.PAY))
        hand.advance(minutes=20)
        adapter.balances([self.own[0]])

        assert said.fate is Fate.ACCEPTED
        assert len(world.debits()) == 1

    def test_a_wrong_master_key_pays_nobody(self, world, hand):
        connection = replace(
            self.connection(world.addresses["psbc"]), secrets={"master_key": Secret("F" * 16)}
        )

        with pytest.raises((NotSent, OutcomeUnknown)):
            registry.open(connection).pay(Batch("B1", [self.payment(1)], Ability.PAY))
        hand.advance(minutes=20)
        assert world.debits() == {}
