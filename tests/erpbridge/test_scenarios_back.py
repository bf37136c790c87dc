"""What goes back, over every style: results, vouchers and statements, each told once, and what is said to them."""

from __future__ import annotations

import pytest
from django.db import transaction

from desk.models import ExceptionCase
from erpbridge.models import Inbox, Outbox
from kernel.clock import fixed
from ledger.models import Voucher
from ledger.services import posting
from masterdata.roles import Role
from payments.models import PaymentOrder
from receipts.models import ArrivalNotice
from receipts.services import arriving, supplementing
from statements import services as statements
from tests.build import a_company, a_user, an_account
from tests.build_payments import act, claim, fresh, say, submitted
from tests.erpbridge.lanes import Lane, an_item, faults, statuses
from tests.ledger.build import a_fact, a_template
from tests.statements.rows import a_line

pytestmark = pytest.mark.django_db(transaction=True)


def pay(lane: Lane, fate: str) -> PaymentOrder:
    """Walk the one order of the world to what the bank answered."""
    from payments.services import instructions

    order = PaymentOrder.objects.get()
    act("check", order, lane.world["checker"])
    act("release", order, lane.world["releaser"])
    batch = claim(lane.world)
    row = fresh(order).instruction
    assert row is not None
    instructions.record_outcomes(
        claim=batch, outcomes=[say(row, fate, bank_serial="B1")] if fate else []
    )
    return fresh(order)


class TestResults:
    def test_every_state_is_told_once_under_its_own_id(self, lane):
        lane.ask([an_item(lane.world)], key="k1")
        lane.pump()
        pay(lane, "succeeded")
        lane.pump()

        told = lane.side.fetch()

        assert [one["state"] for one in told][-1] == "succeeded"
        assert len({one["message_id"] for one in told}) == len(told)
        assert told[-1]["bank_serial"] == "B1"

    @pytest.mark.parametrize(
        ("fate", "state"),
        [("failed", "failed"), ("", "unknown"), ("returned", "returned"), ("accepted", "accepted")],
    )
    def test_tells_what_the_bank_said_and_never_more(self, lane, fate, state):
        lane.ask([an_item(lane.world)], key="k1")
        pay(lane, fate)
        lane.pump()

        assert lane.side.fetch()[-1]["state"] == state

    def test_an_acknowledged_message_is_marked_and_acknowledging_again_changes_nothing(self, lane):
        if lane.style == "db":
            pytest.skip("who only reads cannot acknowledge")
        lane.ask([an_item(lane.world)], key="k1")
        lane.pump()
        told = [one["message_id"] for one in lane.side.fetch()]

        lane.side.acknowledge(told)
        lane.pump()
        lane.side.acknowledge(told)
        lane.pump()

        assert not Outbox.objects.filter(acked_at=None).exists()

    def test_an_unknown_message_id_marks_nothing(self, lane):
        lane.ask([an_item(lane.world)], key="k1")
        lane.pump()

        lane.side.acknowledge(["P0000-1"])
        lane.pump()

        assert Outbox.objects.filter(acked_at=None).exists()

    def test_orders_made_by_hand_are_not_told(self, lane):
        submitted(lane.world)

        lane.pump()

        assert lane.side.fetch() == []

    def test_all_documents_and_amounts_come_back(self, lane):
        items = [
            an_item(lane.world, line_no=str(n), amount=f"{n}.05", purpose=f"款{n}")
            for n in range(1, 31)
        ]
        lane.ask(items, key="k1")
        lane.pump()

        told = {one["line_no"]: one["amount"] for one in lane.side.fetch()}

        assert told == {str(n): f"{n}.05" for n in range(1, 31)}


@pytest.fixture
def voucher(lane: Lane) -> Voucher:
    """A posted voucher of the lane's company, told to its system."""
    lane.system.settings |= {"kinds": ["payment_result", "voucher", "statement"]}
    lane.system.save()
    a_template()
    with transaction.atomic():
        (booked,) = posting.post([a_fact(lane.world.account)])
    lane.pump()
    return booked.voucher


def ack(voucher: Voucher, **changes: str) -> dict[str, str]:
    return {
        "company_code": "1000", "posting_key": voucher.posting_key, "result": "OK", "erp_voucher_no": "记-0042",
    } | changes  # fmt: skip


class TestVouchers:
    def test_every_line_is_told_with_its_sides(self, lane, voucher):
        if lane.style == "db":
            pytest.skip("stands in v_voucher")

        lines = [one for one in lane.side.fetch() if one.get("posting_key") == voucher.posting_key]

        assert [(one["subject"], one["debit"], one["credit"]) for one in lines] == [
            ("2202", "1268400.00", "0.00"),
            ("1002.01", "0.00", "1268400.00"),
        ]

    def test_the_number_it_was_booked_under_confirms_it_once(self, lane, voucher):
        first = lane.ask([ack(voucher)], key="v1", kind="voucher_ack")
        again = lane.ask([ack(voucher)], key="v2", kind="voucher_ack")

        voucher.refresh_from_db()
        assert (statuses(first), statuses(again)) == (["OK"], ["DUP"])
        assert (voucher.state, voucher.erp_voucher_no) == ("acked", "记-0042")

    def test_a_refusal_leaves_it_unconfirmed_with_a_case(self, lane, voucher):
        lane.ask(
            [ack(voucher, result="ERR", erp_voucher_no="", reason="科目 2202 已停用")],
            key="v1",
            kind="voucher_ack",
        )

        voucher.refresh_from_db()
        assert voucher.state == "posted"
        assert "2202" in ExceptionCase.objects.get(kind="erp.voucher_refused").reason

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"posting_key": "nobody:1"}, "posting_key"),
            ({"company_code": "9999"}, "company_code"),
            ({"result": "MAYBE"}, "result"),
        ],
    )
    def test_an_acknowledgement_of_nothing_is_named(self, lane, voucher, changes, field):
        answer = lane.ask([ack(voucher, **changes)], key="v1", kind="voucher_ack")

        voucher.refresh_from_db()
        assert (1, field) in faults(answer)
        assert voucher.state == "posted"


class TestStatements:
    def test_every_entry_is_told_once(self, lane):
        lane.system.settings |= {"kinds": ["statement"]}
        lane.system.save()
        lines = [a_line("S1", "10.00"), a_line("S2", "20.00", direction="credit")]
        statements.record_entries(account_id=lane.world.account.pk, lines=lines, exchange_id=None)
        lane.pump()
        lane.pump()

        if lane.style == "db":
            assert Outbox.objects.filter(kind="statement").count() == 2
            return
        told = [(one["bank_serial"], one["direction"], one["amount"]) for one in lane.side.fetch()]
        assert sorted(told) == [("S1", "debit", "10.00"), ("S2", "credit", "20.00")]


class TestArrivals:
    def arrive(self, lane: Lane) -> ArrivalNotice:
        lane.system.settings |= {"kinds": ["arrival_notice"]}
        lane.system.save()
        line = a_line("S9", "120000.00", direction="credit", counterparty_name="上海远东纺织")
        statements.record_entries(account_id=lane.world.account.pk, lines=[line], exchange_id=None)
        arriving.take_arrivals()
        lane.pump()
        return ArrivalNotice.objects.get()

    def test_an_arrival_is_told_once_and_again_when_it_moves_on(self, lane):
        notice = self.arrive(lane)
        lane.pump()
        first = lane.notices()

        supplementing.claim(
            notice_id=notice.pk, actor=a_user(Role.CLERK, company=lane.world.company)
        )
        lane.pump()

        told = [(one["notice_no"], one["amount"], one["payer_name"]) for one in first]
        assert told == [(notice.notice_no, "120000.00", "上海远东纺织")]
        assert {one["state"] for one in lane.notices()} >= {"supplementing"}

    def test_the_finance_system_has_no_part_of_another_companys(self, lane):
        lane.system.settings |= {"kinds": ["arrival_notice"]}
        lane.system.save()
        stranger = an_account(company=a_company())
        statements.record_entries(
            account_id=stranger.pk, lines=[a_line("S9", "1.00", direction="credit")]
        )
        arriving.take_arrivals()
        lane.pump()

        assert lane.notices() == []


class TestTrail:
    def test_every_delivery_is_kept_with_its_answer_and_encrypted(self, lane):
        lane.ask([an_item(lane.world, amount="0"), an_item(lane.world, line_no="2")], key="k1")

        (row,) = Inbox.objects.all()
        assert (row.style, row.items, row.faults, row.status) == (lane.style, 2, 1, 200)
        assert lane.world.payee_number.encode() not in bytes(row.content)

    def test_clock_moved_on_a_day_the_same_key_is_still_the_same(self, lane, frozen_clock: fixed):
        first = lane.ask([an_item(lane.world, wish_date="2026-12-31")], key="k1")
        frozen_clock.advance(days=3)

        again = lane.ask([an_item(lane.world, wish_date="2026-12-31")], key="k1")

        assert again == first
