"""Every state of a payment: the steps back from it, each taken once; from the first byte on there is none."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from decimal import Decimal

import pytest

from kernel import clock
from kernel.errors import Conflict
from payments.acts import ACTS
from payments.models import PaymentOrder
from payments.services import orders
from payments.services.refusals import Held
from payments.states import InstructionState, OrderState
from statements import services as statements
from tests.build_payments import (
    World,
    a_draft,
    a_request,
    act,
    answer,
    claim,
    fresh,
    ready,
    released,
    sent,
    submitted,
)

# What a state is left by backwards: the act, and where it leads. After the first byte only compensating acts are left.
BACK: dict[str, dict[str, str]] = {
    "draft": {"void": "void"},
    "pending_check": {"return": "rejected", "void": "void"},
    "pending_approval": {"return": "rejected", "void": "void"},
    "pending_release": {"return": "rejected", "void": "void"},
    "held": {"return": "rejected", "void": "void"},
    "rejected": {"void": "void", "edit": "draft"},
    "queued": {"cancel": "cancelled"},
    "failed": {"reissue": "pending_check"},  # nothing is taken back: a new attempt, decided anew
    "returned": {"reissue": "pending_check"},
}
# Money may have moved, or did: asked about, adjudicated by two people or proven by the statement, never taken back by us.
NO_WAY_BACK = ("sending", "accepted", "manual_handling", "unknown", "succeeded", "disputed")
ENDED = ("void", "cancelled", "released")  # RELEASED never shows
STEPS = [(state, name) for state, steps in BACK.items() for name in steps]
ACTS_BACK = ("return", "void", "cancel", "reissue")


def _held(world: World) -> PaymentOrder:
    submitted(world, amount=Decimal("500.00"))
    second = a_draft(world, amount=Decimal("500.00"))
    with contextlib.suppress(Held):
        orders.submit_order(order_id=second.pk, version=second.version, actor=world["maker"])
    return second


def _sending(world: World) -> PaymentOrder:
    row = released(world)
    claim(world)
    return row.order


def _disputed(world: World) -> PaymentOrder:
    row = sent(world, "succeeded")
    return answer(row, "failed").order


STAND: dict[str, Callable[[World], PaymentOrder]] = {
    "draft": a_draft,
    "pending_check": submitted,
    "pending_approval": lambda world: act("check", submitted(world, amount=Decimal("60000.00")), world["checker"]),
    "pending_release": ready,
    "held": _held,
    "rejected": lambda world: back(world, submitted(world), "return"),
    "queued": lambda world: released(world).order,
    "sending": _sending,
    "unknown": lambda world: sent(world, "").order,
    "disputed": _disputed,
    **{
        state: lambda world, state=state: sent(world, state).order
        for state in ("accepted", "manual_handling", "succeeded", "failed", "returned")
    },
}  # fmt: skip

WHO = {
    "pending_check": "checker2",
    "pending_approval": "approver",
    "pending_release": "releaser",
    "held": "treasurer",
}


def back(world: World, order: PaymentOrder, name: str) -> PaymentOrder:
    """One step back, by whoever it is the business of."""
    order = fresh(order)
    given = {"order_id": order.pk, "version": order.version, "why": "退回重做"}
    if name == "return":
        return orders.return_to_maker(**given, actor=world[WHO.get(order.shown_state, "checker2")])
    if name == "void":
        return orders.void_order(**given, actor=world["maker"])
    if name == "cancel":
        return orders.cancel_order(**given, actor=world["releaser"])
    if name == "reissue":
        statements.close_day(account_id=world.account.pk, day=clock.today())
        return orders.reissue_order(**given, actor=world["maker2"])
    request = a_request(world, amount=Decimal("77.00"), erp_doc_no=order.erp_doc_no)
    return orders.edit_order(
        order_id=order.pk, version=order.version, request=request, actor=world["maker"]
    )


class TestBack:
    def test_every_state_says_how_it_is_left_backwards_or_that_it_is_not(self):
        states = {one.value for one in (*OrderState, *InstructionState)}

        assert states == BACK.keys() | {*NO_WAY_BACK, *ENDED}

    def test_the_pages_offer_just_these_steps(self):
        told = {(state, name) for name in ACTS_BACK for state in ACTS[name].states}

        # A held instruction is cancelled like a queued one; an edit is a page of its own.
        assert told - {("held", "cancel")} == {step for step in STEPS if step[1] != "edit"}

    @pytest.mark.parametrize(("state", "name"), STEPS)
    def test_a_step_back_leads_where_the_list_says(self, world, state, name):
        order = STAND[state](world)
        assert fresh(order).shown_state == state

        back(world, order, name)

        assert fresh(order).shown_state == BACK[state][name]

    @pytest.mark.parametrize("state", NO_WAY_BACK)
    def test_what_may_have_left_is_not_taken_back(self, world, state):
        order = STAND[state](world)
        assert fresh(order).shown_state == state

        for name in ACTS_BACK:
            with pytest.raises(Conflict):
                back(world, order, name)

        assert fresh(order).shown_state == state
