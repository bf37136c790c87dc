"""What waits for a cause to go away: a window that moved, a company and subject that came live, a route that is back."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Q

from approvals import services as approvals
from audit import services as audit
from kernel import clock
from masterdata import selectors as masterdata
from payments import routing, selectors
from payments.inforce import InForce
from payments.models import PaymentInstruction, PaymentOrder
from payments.services.holding import change
from payments.services.lifting import LIFTS
from payments.services.writing import Change, show, write
from payments.states import InstructionState, OrderState

S = InstructionState
SWITCHES = ("GO_LIVE", "PRODUCT")  # holds that end with their cause, and by nobody's hand
_CAUSES = ("ROUTE", *SWITCHES)


@transaction.atomic(durable=True)
def lift_cleared(*, limit: int = 500) -> int:
    """Held for a cause that is gone (route, go-live switch, product): back to where it was. Returns how many.

    A queued instruction whose window opens earlier than noted (a changed calendar) is brought forward as well.
    """
    now, rules = clock.now(), InForce()
    causes = Q()
    for cause in _CAUSES:
        causes |= Q(hold_reason__startswith=f"{cause} ")
    rows = list(
        PaymentInstruction.objects.filter(causes, state=S.HELD)
        .select_for_update(of=("self", "order"), skip_locked=True, no_key=True)
        .select_related("order__payer_account__company", "order__payer_account__connection")
        .defer("sealed", "seal")
        .order_by("id")[:limit]
    )
    cleared = []
    for row in rows:
        route = rules.route(row.order, now)
        if isinstance(route, routing.Refuse) or route.name != row.route_requested:
            continue
        if not rules.switches(row.order.payer_account):
            due = route.until if isinstance(route, routing.Wait) else now
            cleared.append(Change(row, S.QUEUED, not_before=due))
    write(cleared, move="lift")
    show([one.row.pk for one in cleared])
    audit.record_many(
        [
            audit.Fact(
                "payments.instruction.lifted",
                one.row,
                {"state": S.HELD},
                {"state": S.QUEUED},
                "暂挂原因已消除",
            )
            for one in cleared
        ],
        actor=None,
    )
    return len(cleared) + _lift_orders(rules, limit=limit) + _bring_forward(rules, limit=limit)


def _lift_orders(rules: InForce, *, limit: int) -> int:
    """Orders held only because their company and subject were not live: back to the desk they were on."""
    ids = PaymentOrder.objects.filter(
        state=OrderState.HELD, hold_reasons__0__rule__in=SWITCHES
    ).values_list("pk", flat=True)[:limit]
    orders = selectors.lock_orders(list(ids), scope=masterdata.system_scope()).values()
    cleared = [
        order
        for order in orders
        if order.state == OrderState.HELD
        and {reason["rule"] for reason in order.hold_reasons} <= set(SWITCHES)
        and not rules.switches(order.payer_account)
    ]
    for order in cleared:
        order.move(LIFTS[OrderState(order.held_from)])
    change(cleared, hold_reasons=[], held_from="")
    audit.record_many(
        [
            audit.Fact(
                "payments.order.hold_lifted",
                order,
                {"state": OrderState.HELD},
                {"state": order.state},
                "公司与科目已上线",
            )
            for order in cleared
        ],
        actor=None,
    )
    return len(cleared)


@transaction.atomic(durable=True)
def follow_matrix() -> int:
    """Orders waiting for approvals learn who may approve next, where the matrix changed since. Returns how many."""
    pending = PaymentOrder.objects.filter(
        state=OrderState.PENDING_APPROVAL, approval_id__isnull=False
    )
    by_case = {case_id or 0: pk for case_id, pk in pending.values_list("approval_id", "pk")}
    stale = approvals.stale(by_case)
    orders = selectors.lock_orders([by_case[pk] for pk in stale], scope=masterdata.system_scope())
    told = approvals.standing(stale)
    moved = 0
    for order in orders.values():
        now = told.get(order.approval_id or 0)
        if order.state != OrderState.PENDING_APPROVAL or now is None:
            continue
        values = {
            "approvals_needed": now.approvers_needed,
            "approvals_given": now.approvals_given,
            "next_roles": list(now.next_roles),
        }
        if any(getattr(order, name) != value for name, value in values.items()):
            change([order], **values)
            moved += 1
    return moved


def _bring_forward(rules: InForce, *, limit: int) -> int:
    now = clock.now()
    rows = (
        PaymentInstruction.objects.filter(state=S.QUEUED, not_before__gt=now, send_attempts=0)
        .select_for_update(of=("self",), skip_locked=True, no_key=True)
        .select_related("order__payer_account__company")
        .defer("sealed", "seal")
        .order_by("id")[:limit]
    )
    moved = 0
    for row in rows:
        route = rules.route(row.order, now)
        due = route.until if isinstance(route, routing.Wait) else now
        if row.not_before is not None and due < row.not_before:
            moved += PaymentInstruction.objects.filter(pk=row.pk).update(not_before=due)
    return moved
