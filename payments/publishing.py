"""What the ERP border reads of payments: orders of calling systems whose shown state moved. System look-ups."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from payments.models import PaymentOrder
from payments.results import reason_of
from payments.states import STATE_NAMES


@dataclass(frozen=True)
class Result:
    """The state of one order as it is told to the system it came from."""

    order_id: int
    order_no: str
    system: str
    version: int
    updated_at: datetime
    payload: dict[str, Any]


def payload_of(order: PaymentOrder) -> dict[str, Any]:
    """The canonical PaymentResult of an order; the caller fetched `company` and `instruction` with it."""
    instruction = order.instruction
    final_at = instruction.final_at if instruction else None
    return {
        "order_no": order.order_no,
        "company_code": order.company.code,
        "doc_type": order.erp_doc_type,
        "doc_no": order.erp_doc_no,
        "line_no": order.erp_line_no,
        "amount": f"{order.amount:.2f}",
        "currency": order.currency,
        "state": order.shown_state,
        "state_name": STATE_NAMES.get(order.shown_state, order.shown_state),
        "instr_no": instruction.instr_no if instruction else "",
        "bank_serial": instruction.bank_serial if instruction else "",
        "bank_code": instruction.bank_code if instruction else "",
        "reason": reason_of(order),
        "paid_outside": order.is_paid_outside,
        "final_at": final_at.isoformat() if final_at else None,
        "updated_at": order.updated_at.isoformat(),
    }


def changed_orders(
    systems: Collection[str],
    *,
    since: datetime | None,
    after: tuple[datetime, int] | None,
    limit: int,
) -> list[Result]:
    """Orders of these source systems changed from `since` on, in order of change; go on `after` the last one's key."""
    rows = PaymentOrder.objects.filter(source_system__in=systems).exclude(shown_state="draft")
    if since is not None:
        rows = rows.filter(updated_at__gte=since)
    if after is not None:
        rows = rows.filter(Q(updated_at__gt=after[0]) | Q(updated_at=after[0], pk__gt=after[1]))
    found = rows.select_related("company", "instruction").order_by("updated_at", "pk")[:limit]
    return [
        Result(
            order.pk,
            order.order_no,
            order.source_system,
            order.version,
            order.updated_at,
            payload_of(order),
        )
        for order in found
    ]
