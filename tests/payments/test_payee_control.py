"""Payees under orders: a changed account voids approvals, a young one waits or is called, at release and at send."""

from __future__ import annotations

from decimal import Decimal

import pytest

from approvals.models import Case
from desk.models import Notification
from kernel.errors import Conflict
from masterdata.models import CounterpartyAccount
from masterdata.services import callbacks, changes, payees
from payments import payee_facts
from payments.services import instructions, orders, payee_control
from tests.build import called_back
from tests.build_payments import (
    World,
    a_draft,
    a_payee,
    a_person,
    act,
    claim,
    fresh,
    ready,
    released,
    say,
    submitted,
)

MUCH, LITTLE = Decimal("50000.01"), Decimal("50000.00")


def _account(world: World) -> CounterpartyAccount:
    return CounterpartyAccount.objects.get(number=world.payee_number)


def _edit(world: World, **changed: object) -> None:
    """The payee's account is changed by two people of master data."""
    row = _account(world)
    second = a_person("admin2", person="p-admin2", role="admin", company=world.company)
    now = {name: getattr(row, name) for name in changes.PAYEE_FIELDS}
    change = changes.propose_payee_edit(
        account_id=row.pk, version=row.version, values=now | changed, actor=world["admin"]
    )
    changes.decide_change(change_id=change.pk, accept=True, actor=second)


def _close(world: World) -> None:
    row = _account(world)
    second = a_person("admin2", person="p-admin2", role="admin", company=world.company)
    change = changes.propose_payee_close(
        account_id=row.pk, version=row.version, actor=world["admin"]
    )
    changes.decide_change(change_id=change.pk, accept=True, actor=second)


@pytest.fixture
def young(world: World) -> dict[str, str]:
    """A payee account confirmed just now, as an order names it."""
    name = "张家港新识贸易有限公司"
    a_payee(world, code="V00002", number="6222000077", is_young=True, name=name)
    return {"payee_code": "V00002", "payee_number": "6222000077", "payee_name": name}


class TestAChangedAccount:
    @pytest.mark.parametrize("how", ["edit", "close"])
    def test_sends_pending_orders_back_voids_their_approvals_and_tells_the_maker(self, world, how):
        checked, waiting = ready(world), submitted(world)
        _edit(world, bank_name="中国工商银行江阴支行") if how == "edit" else _close(world)

        moved = payee_control.follow_payees()

        assert moved == 2
        for order in map(fresh, (checked, waiting)):
            assert (order.state, order.approvals_given, order.checker_id) == ("rejected", 0, None)
            assert Case.objects.get(pk=order.approval_id).voided_at is not None
            told = Notification.objects.get(title__contains=order.order_no)
            assert told.user_id == world["maker"].pk

    def test_stops_a_release_before_the_tick_came(self, world):
        order = ready(world)
        _edit(world, name="江阴恒源化工股份有限公司")

        with pytest.raises(Conflict) as caught:
            act("release", order, world["releaser"])

        assert caught.value.code == "payee"
        assert fresh(order).state == "rejected"

    def test_a_draft_made_before_is_not_submitted(self, world):
        order = a_draft(world)
        _edit(world, name="江阴恒源化工股份有限公司")

        with pytest.raises(Conflict) as caught:
            orders.submit_order(order_id=order.pk, version=order.version, actor=world["maker"])

        assert (caught.value.code, fresh(order).state) == ("payee", "draft")

    def test_holds_what_was_released_and_only_a_cancel_ends_it(self, world):
        row = released(world)
        _edit(world, name="江阴恒源化工股份有限公司")

        batches = instructions.claim_batches(connection_id=world.connection.pk, limit=3, lease_s=60)

        row.refresh_from_db()
        order = fresh(row.order)
        assert (batches, row.state, row.send_attempts) == ([], "held", 0)
        with pytest.raises(Conflict) as caught:
            orders.lift_instruction(
                order_id=order.pk, version=order.version, actor=world["releaser"], why="照发"
            )
        assert caught.value.code == "payee"

    def test_leaves_orders_of_other_payees_alone(self, world, young):
        order = ready(world, **young)
        _edit(world, name="江阴恒源化工股份有限公司")

        assert payee_control.follow_payees() == 0
        assert fresh(order).state == "pending_release"

    def test_the_version_paid_stays_with_the_payment(self, world):
        before = released(world)
        instructions.record_outcomes(claim=claim(world), outcomes=[say(before, "succeeded")])
        _edit(world, bank_name="中国工商银行江阴支行")

        after = submitted(world)

        assert (fresh(before.order).payee_version, after.payee_version) == (1, 2)

    def test_confirming_an_announced_account_is_no_change(self, world):
        staged = a_payee(world, code="V00003", number="6222000088", confirmed=False)
        order = submitted(world, payee_code="V00003", payee_number="6222000088")
        payees.decide_payee(
            account_id=staged.pk, version=staged.version, confirm=True, actor=world["admin"]
        )

        assert payee_control.follow_payees() == 0
        assert fresh(order).state == "pending_check"

    def test_a_rejected_announcement_sends_its_orders_back(self, world):
        staged = a_payee(world, code="V00003", number="6222000088", confirmed=False)
        order = submitted(world, payee_code="V00003", payee_number="6222000088")
        payees.decide_payee(
            account_id=staged.pk, version=staged.version, confirm=False, actor=world["admin"],
            why="查无此户",
        )  # fmt: skip

        assert payee_control.follow_payees() == 1
        assert "未通过确认" in fresh(order).return_reason


class TestAYoungAccount:
    def test_is_paid_little_at_once(self, world, young):
        assert released(world, amount=LITTLE, **young).state == "queued"

    def test_is_not_paid_much_before_a_call_or_a_day(self, world, young, frozen_clock):
        order = ready(world, amount=MUCH, **young)

        with pytest.raises(Conflict) as caught:
            act("release", order, world["releaser"])
        frozen_clock.advance(hours=24)

        assert caught.value.code == "cooling"
        assert "2026-11-25 09:30" in caught.value.message
        assert act("release", order, world["releaser"]).state == "queued"

    def test_is_paid_much_once_it_was_called_back(self, world, young):
        order = ready(world, amount=MUCH, **young)
        account = CounterpartyAccount.objects.get(number=young["payee_number"])
        called_back(account, caller=world["treasurer"], confirmer=world["admin"])

        assert act("release", order, world["releaser"]).state == "queued"

    def test_is_never_paid_once_denied(self, world, young, frozen_clock):
        order = ready(world, amount=Decimal("1.00"), **young)
        account = CounterpartyAccount.objects.get(number=young["payee_number"])
        call = callbacks.Call(
            person_called="财务", telephone="0510-1", source="contract", called_at=order.created_at,
            answer="denied",
        )  # fmt: skip
        callbacks.record_call(
            account_id=account.pk, version=account.version, call=call, actor=world["treasurer"]
        )
        frozen_clock.advance(days=3)

        with pytest.raises(Conflict) as caught:
            act("release", order, world["releaser"])

        assert caught.value.code == "denied"

    def test_that_was_paid_is_no_longer_asked_for(self, world, young):
        first = released(world, amount=LITTLE, **young)
        instructions.record_outcomes(claim=claim(world), outcomes=[say(first, "succeeded")])

        assert released(world, amount=MUCH, **young).state == "queued"

    def test_an_edit_makes_an_old_account_young_again(self, world):
        _edit(world, bank_name="中国工商银行江阴支行")
        order = ready(world, amount=MUCH)

        with pytest.raises(Conflict) as caught:
            act("release", order, world["releaser"])

        assert caught.value.code == "cooling"


class TestAKnownNameWithAYoungAccount:
    def test_d8_holds_until_the_payee_was_called_back(self, world):
        account = a_payee(world, code="V00001", number="6222000099", is_young=True)
        draft = a_draft(world, payee_number="6222000099")
        with pytest.raises(orders.Held):
            orders.submit_order(order_id=draft.pk, version=draft.version, actor=world["maker"])
        held = fresh(draft)
        lift = {"order_id": held.pk, "version": held.version, "actor": world["treasurer"]}

        with pytest.raises(Conflict) as caught:
            orders.lift_hold(**lift, why="已电话核实")
        called_back(account, caller=world["checker"], confirmer=world["admin"])
        lifted = orders.lift_hold(**lift, why="已回拨核实")

        assert (caught.value.code, lifted.state) == ("call_back", "pending_check")


def test_the_class_of_a_payee_follows_its_first_payment(world):
    row = released(world)
    before = payee_facts.classes_of([row.order])[row.order_id]

    instructions.record_outcomes(claim=claim(world), outcomes=[say(row, "succeeded")])

    assert (before, payee_facts.classes_of([row.order])[row.order_id]) == (
        "new",
        "whitelisted",
    )
