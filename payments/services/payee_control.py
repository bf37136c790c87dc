"""Payees under orders: an order whose payee account changed goes back to its maker; young accounts wait or are called."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F, Q
from django.urls import reverse

from approvals import services as approvals
from audit import services as audit
from desk import services as desk
from kernel.errors import Conflict
from masterdata import selectors as masterdata
from masterdata.states import PayeeState
from payments import payee_facts, selectors
from payments.models import PaymentOrder
from payments.services.holding import Refusals, change
from payments.states import OrderState

if TYPE_CHECKING:
    from masterdata.models import User

MOVED = "PAYEE"  # how the reason of an instruction begins whose payee changed after its release
PENDING = (
    OrderState.PENDING_CHECK,
    OrderState.PENDING_APPROVAL,
    OrderState.PENDING_RELEASE,
    OrderState.HELD,
)


def send_back(orders: Sequence[PaymentOrder], *, actor: User | None) -> Refusals:
    """Step: locked orders whose payee moved on go back to their maker with all approvals void; returns why, by order id."""
    stale = payee_facts.moved(orders)
    refused: Refusals = {}
    for order in orders:
        if order.pk not in stale:
            continue
        why, before = f"{stale[order.pk]}，原审批作废，请核对后重新提交", order.state
        order.move("return_to_maker")
        if order.approval_id is not None:
            approvals.void_case(case_id=order.approval_id, reason=stale[order.pk])
        change(
            [order],
            return_reason=why[:200],
            approvals_given=0,
            checker=None,
            hold_reasons=[],
            held_from="",
        )
        audit.record(
            "payments.order.payee_moved",
            actor=actor,
            subject=order,
            before={"state": before},
            after={"state": order.state},
            why=why,
        )
        if order.maker_id is not None:
            desk.notify(
                user_id=order.maker_id,
                title=f"付款单 {order.order_no} 已退回：收款账户变更",
                body=why,
                url=reverse("payments:order", args=[order.order_no]),
            )
        refused[order.pk] = Conflict(why, "the payee changed: the order went back", code="payee")
    return refused


@transaction.atomic(durable=True)
def follow_payees(*, limit: int = 500) -> int:
    """Orders under way whose payee account changed lately go back to their maker; returns how many."""
    scope = masterdata.system_scope()
    pending = [str(state) for state in PENDING]
    gone = Q(payee_account__state__in=[PayeeState.REJECTED, PayeeState.CLOSED])
    other = Q(payee_account__version_no__gt=0) & ~Q(payee_account__version_no=F("payee_version"))
    waiting = PaymentOrder.objects.filter(
        gone | other, company_id__in=scope.company_ids, shown_state__in=pending, state__in=pending
    )
    suspects = payee_facts.moved(list(waiting.order_by("pk")[:limit]))
    if not suspects:
        return 0
    locked = selectors.lock_orders(suspects, scope=scope)
    present = [order for order in locked.values() if order.state in PENDING]
    return len(send_back(present, actor=None))
