"""The SPDB adapter against its simulator: batches, instant payments alone, and authorisation in the web bank."""

from __future__ import annotations

from bankadapters.contract import Ability, Fate
from tests.bankadapters.simulated import SimulatedContract, SimulatedStage

CUSTOMER = {"masterID": "2000000001", "debitFlag": "1"}


class TestSpdbAgainstItsSimulator(SimulatedContract):
    slug = "spdb"
    parameters = CUSTOMER
    endpoints = {"sign": "/"}


class TestOtherRoads(SimulatedContract):
    """The same promises, where they are about payments, on the bank's other roads."""

    slug = "spdb"
    parameters = CUSTOMER | {"single": "EG01"}
    endpoints = {"sign": "/"}
    operation = Ability.PAY
    fault_profiles = ("mixed",)
    test_a_statement_is_read_to_its_last_row = None

    def pay(self, adapter, *items, batch_no="B01000000017"):
        return [said for item in items for said in super(TestOtherRoads, self).pay(adapter, item)]


class TestInTheWebBank(SimulatedStage):
    """With an authoriser, a batch and a payment wait for a person before the host knows them."""

    slug = "spdb"
    endpoints = {"sign": "/"}
    parameters = CUSTOMER | {"authMasterID": "2000000002"}
    operation = Ability.PAY_BATCH

    def test_a_batch_waits_for_a_person_and_is_then_at_the_host(self, adapter, world, hand):
        items = [self.payment(n) for n in (1, 2)]
        taken = self.pay(adapter, *items)
        hand.advance(seconds=10)
        waiting = self.ask(adapter, *items)
        hand.advance(minutes=20)

        told = self.ask(adapter, *items)

        assert {o.fate for o in taken} == {Fate.ACCEPTED}
        assert {o.fate for o in waiting.values()} == {Fate.MANUAL_HANDLING}
        assert {r: o.fate for r, o in told.items()} == {i.reference: Fate.SUCCEEDED for i in items}

    def test_a_batch_is_asked_for_in_the_web_bank_by_its_number_there_to_the_end(
        self, adapter, world, hand
    ):
        item, told = self.payment(1), []
        serials = {one.reference: one.bank_serial for one in self.pay(adapter, item)}
        for seconds in (10, 60, 5, 1200):
            hand.advance(seconds=seconds)
            said = self.ask(adapter, item, serials=serials)[item.reference]
            serials[item.reference] = said.bank_serial or serials[item.reference]
            told.append(said.fate)

        assert set(told[:-1]) <= {Fate.MANUAL_HANDLING, Fate.PROCESSING}
        assert told[-1] is Fate.SUCCEEDED

    def test_a_payment_alone_is_asked_about_in_the_web_bank(self, adapter, world, hand):
        self.operation = Ability.PAY
        item = self.payment(1)
        (taken,) = self.pay(adapter, item)
        hand.advance(seconds=10)
        waiting = self.ask(adapter, item)[item.reference]
        hand.advance(minutes=20)

        told = self.ask(adapter, item)[item.reference]

        assert [taken.fate, waiting.fate, told.fate] == [
            Fate.MANUAL_HANDLING, Fate.MANUAL_HANDLING, Fate.SUCCEEDED,
        ]  # fmt: skip
