"""The balance of an office is pulled up within its mandate: one order a moment at the most, never beside one that is open."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from desk.models import Notification
from kernel import clock
from kernel.errors import InvalidInput
from masterdata.roles import Role
from payments.models import PaymentOrder
from receipts.models import CollectionRun
from receipts.rules import pullable
from receipts.services import collecting, pulling, schedules
from receipts.services.schedules import ScheduleDraft
from tests.build import a_user, an_account, tell_balance
from tests.receipts.build import an_office

MONEY = st.decimals(min_value="-1000.00", max_value="1000000.00", places=2)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(MONEY, MONEY.map(abs), MONEY.map(abs), MONEY.map(abs), MONEY)
def test_a_pull_never_breaks_its_mandate_property(free, keep, at_least, most, left_today):
    amount = pullable(free=free, keep=keep, at_least=at_least, most=most, left_today=left_today)

    assert amount == 0 or (
        amount > 0 and free - amount >= keep and at_least <= amount <= most and amount <= left_today
    )


@pytest.fixture
def plan(world):
    """10:00 and 15:00, leaving 10,000.00, at most 50,000.00 a run and 80,000.00 a day."""
    maker = a_user(Role.MAKER, company=world.company)
    target = an_account(company=world.company)
    said = {
        "office_id": an_office(world).pk, "title": "上划", "times": ["10:00", "15:00", "16:00"], "days": "every",
        "valid_from": "2026-01-01", "valid_to": None, "is_active": True, "schedule_id": None, "rule": "pull",
        "target_id": target.pk, "maker_id": maker.pk, "keep": "10000.00", "at_least": "1000.00",
        "most": "50000.00", "most_a_day": "80000.00",
    }  # fmt: skip
    with transaction.atomic():
        return schedules.write(said)


def run(world, frozen_clock, *, balance: str, minutes: int = 31) -> CollectionRun:
    """The next moment comes, the bank tells this balance, and the run is made."""
    frozen_clock.advance(minutes=minutes)
    collecting.plan_runs()
    made = collecting.claim_run()
    tell_balance(world.account, balance)
    collecting.finish_run(run_id=made.pk)
    made.refresh_from_db()
    return made


def end(order: PaymentOrder, state: str) -> None:
    PaymentOrder.objects.filter(pk=order.pk).update(shown_state=state)


class TestDraftPull:
    def test_drafts_what_is_beyond_in_the_makers_name_and_tells_them(
        self, world, plan, frozen_clock
    ):
        made = run(world, frozen_clock, balance="32000.00")

        order = PaymentOrder.objects.get()
        assert (order.amount, order.kind, order.state) == (Decimal("22000.00"), "internal", "draft")
        assert (order.maker, order.payee_number) == (plan.maker, plan.target.number)
        assert (made.state, made.order_no) == ("done", order.order_no)
        assert order.order_no in Notification.objects.get(user=plan.maker).title

    def test_keeps_within_the_limits_of_a_run_and_of_a_day(self, world, plan, frozen_clock):
        run(world, frozen_clock, balance="900000.00")
        first = PaymentOrder.objects.get()
        end(first, "succeeded")
        run(world, frozen_clock, balance="900000.00", minutes=300)

        amounts = list(PaymentOrder.objects.order_by("pk").values_list("amount", flat=True))
        assert amounts == [Decimal("50000.00"), Decimal("30000.00")]

    @pytest.mark.parametrize("state", ["draft", "pending_check", "queued", "unknown", "accepted"])
    def test_one_that_is_open_blocks_the_next(self, world, plan, frozen_clock, state):
        run(world, frozen_clock, balance="32000.00")
        first = PaymentOrder.objects.get()
        end(first, state)

        second = run(world, frozen_clock, balance="90000.00", minutes=300)

        assert PaymentOrder.objects.count() == 1
        assert first.order_no in second.note

    @pytest.mark.parametrize("state", ["failed", "returned"])
    def test_one_that_failed_today_may_be_paid_again_so_nothing_is_pulled_beside_it(
        self, world, plan, frozen_clock, state
    ):
        run(world, frozen_clock, balance="32000.00")
        first = PaymentOrder.objects.get()
        end(first, state)

        second = run(world, frozen_clock, balance="90000.00", minutes=300)
        assert PaymentOrder.objects.count() == 1
        assert first.order_no in second.note
        run(world, frozen_clock, balance="90000.00", minutes=24 * 60)

        assert PaymentOrder.objects.count() == 2

    @pytest.mark.parametrize("balance", ["10999.99", "9000.00"])
    def test_too_little_is_left_where_it_is(self, world, plan, frozen_clock, balance):
        made = run(world, frozen_clock, balance=balance)

        assert not PaymentOrder.objects.exists()
        assert made.note == "没有需要上划的余额"

    def test_a_balance_nobody_told_lately_pulls_nothing(self, world, plan, frozen_clock):
        tell_balance(world.account, "90000.00")
        frozen_clock.advance(minutes=40)
        collecting.plan_runs()
        made = collecting.claim_run()
        collecting.finish_run(run_id=made.pk)

        assert not PaymentOrder.objects.exists()

    def test_noted_twice_it_drafts_once(self, world, plan, frozen_clock):
        made = run(world, frozen_clock, balance="32000.00")

        assert pulling.draft_pull(run_id=made.pk) == made.order_no
        assert PaymentOrder.objects.count() == 1


class TestReleaseLeft:
    def test_a_draft_whose_worker_died_is_told_of_once_and_late(self, world, plan, frozen_clock):
        frozen_clock.advance(minutes=31)
        collecting.plan_runs()
        made = collecting.claim_run()
        tell_balance(world.account, "32000.00")
        collecting._note(made.pk, "")
        pulling.draft_pull(run_id=made.pk)  # and there it dies

        pulling.release_left()
        assert not Notification.objects.filter(user=plan.maker).exists()
        frozen_clock.advance(minutes=11)
        pulling.release_left()
        pulling.release_left()

        told = Notification.objects.get(user=plan.maker)
        made.refresh_from_db()
        assert told.body.endswith(made.note)
        assert "常设授权" in made.note


class TestPropose:
    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"most": None}, "most"),
            ({"most": Decimal("9"), "most_a_day": Decimal("8")}, "most"),
            ({"target_id": None}, "target"),
            ({"target_id": "own"}, "target"),
            ({"maker_id": "reader"}, "maker"),
        ],
    )
    def test_a_pull_wants_its_mandate(self, world, change, field):
        office = an_office(world)
        named = {
            "own": world.account.pk,
            "reader": a_user(Role.VIEWER, company=world.company).pk,
        }
        said = {
            "office_id": office.pk, "title": "上划", "times": [clock.now().time()], "days": "every",
            "valid_from": clock.today(), "rule": "pull", "target_id": an_account(company=world.company).pk,
            "maker_id": a_user(Role.MAKER, company=world.company).pk, "most": Decimal("5"), "most_a_day": Decimal("9"),
        }  # fmt: skip
        draft = ScheduleDraft(**(said | {name: named.get(value, value) for name, value in change.items()}))  # fmt: skip

        with pytest.raises(InvalidInput) as refused:
            schedules.propose(draft=draft, actor=world.accountant)

        assert refused.value.field == field
