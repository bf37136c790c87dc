"""The Industrial Bank adapter against its simulator: asynchronous and ordinary batches, single payments of both kinds."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bankadapters.contract import Ability, Batch, Fate, Inquiry
from bankadapters.errors import NotReady, NotSent, QueryFailed
from kernel.secrets import Secret
from tests.bankadapters.simulated import START, SimulatedContract


class CibContract(SimulatedContract):
    slug = "cib"
    parameters = {"CID": "1199999999", "USERID": "oper01"}
    secrets = {"USERPASS": Secret("secret01")}
    statement_names_references = False  # no field of an entry carries our number


class TestCibAgainstItsSimulator(CibContract):
    def test_a_payroll_that_paid_some_of_its_people_is_not_decided_as_a_whole(
        self, adapter, world, hand
    ):
        good = self.at_home(1, payee_account="622900000000000001", payee_name="张示例")
        bad = self.at_home(2, payee_account="622900000000000002", payee_name="错名")
        batches = [
            Batch(f"B0100000000{n}", items, Ability.PAYROLL)
            for n, items in ((1, [good]), (2, [good, bad]), (3, [bad]))
        ]

        taken = [adapter.pay(batch)[0] for batch in batches]
        hand.advance(minutes=20)
        told = adapter.inquire(
            [Inquiry(b.batch_no, operation=Ability.PAYROLL, batch_no=b.batch_no) for b in batches]
        )

        assert {o.fate for o in taken} == {Fate.PROCESSING}
        assert [o.fate for o in told] == [Fate.SUCCEEDED, Fate.UNKNOWN, Fate.FAILED]

    def test_receipts_are_made_first_and_listed_then(self, adapter, world, hand):
        for number in range(5):
            world.tell("credit", {"account": self.own[0].number, "amount": f"{number + 1}.00"})
        hand.advance(days=1)
        day = START.date()

        with pytest.raises(QueryFailed, match="still making"):
            adapter.receipts(self.own[0], day, day)
        found = adapter.receipts(self.own[0], day, day)

        assert len({receipt.receipt_no for receipt in found}) == 5
        assert {receipt.booked_at for receipt in found} == {day}
        assert adapter.receipts(self.own[0], day + timedelta(days=1), day + timedelta(days=1)) == []

    def test_a_wrong_password_is_sent_once_and_not_until_it_has_changed(self, world):
        from bankadapters import registry
        from bankadapters.sessions import MemorySessions

        kept = MemorySessions()
        connection = self.connection(world.addresses["cib"])
        connection.secrets["USERPASS"] = Secret("wrong")
        item = self.payment(1)
        batch = Batch("B01000000017", [item], Ability.PAY_BATCH)

        with pytest.raises(NotSent):
            registry.open(connection, sessions=kept).pay(batch)
        with pytest.raises(NotReady, match="USERPASS"):
            registry.open(connection, sessions=kept).pay(batch)
        connection.secrets["USERPASS"] = Secret("secret01")
        assert registry.open(connection, sessions=kept).pay(batch)[0].fate is Fate.ACCEPTED


class TestOrdinaryBatches(CibContract):
    parameters = CibContract.parameters | {"batch": "RBATCHTRSFRTRN"}
    fault_profiles = ("wrong_echo",)


class TestSinglePayments(CibContract):
    operation = Ability.PAY
    fault_profiles = ("wrong_echo", "not_found_first")

    def test_money_that_comes_back_is_seen_by_the_core(self, adapter, world, hand):
        item = self.payment(1, payee_name="退票公司")
        self.pay(adapter, item)
        hand.advance(hours=8)

        assert self.ask(adapter, item)[item.reference].fate is Fate.RETURNED


class TestQuickTransfers(CibContract):
    parameters = CibContract.parameters | {"transfer": "ICTRANSFERTRN"}
    operation = Ability.PAY
    fault_profiles = ("drop_after_booking",)
