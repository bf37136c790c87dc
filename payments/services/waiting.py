"""Instructions that wait: a window moved (calendar, rules), so their next moment is worked out again."""

from __future__ import annotations

from django.db import transaction

from audit import services as audit
from kernel import clock
from payments import routing
from payments.models import PaymentInstruction
from payments.services.releasing import route_of
from payments.services.writing import Change, show, write
from payments.states import InstructionState

S = InstructionState


@transaction.atomic(durable=True)
def lift_cleared(*, limit: int = 500) -> int:
    """Held for a route that is again the one released for: back to the queue. Returns how many.

    A queued instruction whose window opens earlier than noted (a changed calendar) is brought forward as well.
    """
    now = clock.now()
    rows = list(
        PaymentInstruction.objects.filter(state=S.HELD, hold_reason__startswith="ROUTE")
        .select_for_update(of=("self", "order"), skip_locked=True, no_key=True)
        .select_related("order", "order__payer_account")
        .defer("sealed", "seal")
        .order_by("id")[:limit]
    )
    cleared = []
    for row in rows:
        route = route_of(row.order, now)
        if isinstance(route, routing.Route) and route.name == row.route_requested:
            cleared.append(Change(row, S.QUEUED, not_before=now))
    write(cleared, move="lift")
    show([change.row.pk for change in cleared])
    audit.record_many(
        [
            audit.Fact(
                "payments.instruction.lifted",
                change.row,
                {"state": S.HELD},
                {"state": S.QUEUED},
                "汇路恢复",
            )
            for change in cleared
        ],
        actor=None,
    )
    return len(cleared) + _bring_forward(limit=limit)


def _bring_forward(*, limit: int) -> int:
    now = clock.now()
    rows = (
        PaymentInstruction.objects.filter(state=S.QUEUED, not_before__gt=now, send_attempts=0)
        .select_for_update(of=("self",), skip_locked=True, no_key=True)
        .select_related("order", "order__payer_account")
        .defer("sealed", "seal")
        .order_by("id")[:limit]
    )
    moved = 0
    for row in rows:
        route = route_of(row.order, now)
        due = route.until if isinstance(route, routing.Wait) else now
        if row.not_before is not None and due < row.not_before:
            moved += PaymentInstruction.objects.filter(pk=row.pk).update(not_before=due)
    return moved
