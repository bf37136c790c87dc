"""What the ERP border reads of payments: orders of calling systems, how they stand and what the bank shows. System look-ups."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Q

from kernel import clock
from payments.models import DebitTie, PaymentOrder
from payments.results import reason_of
from payments.rule_selectors import unclaimed_debits
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


@dataclass(frozen=True)
class Bridged:
    """An order of a calling system as both sides' books are compared. `bank`: debited, returned, outside, due, missing or ""."""

    order_id: int
    order_no: str
    document: tuple[str, str, str]
    amount: Decimal
    currency: str
    state: str
    bank: str
    made_at: datetime
    changed_at: datetime


def bridged_orders(
    system: str, company_id: int, *, since: datetime, documents: Collection[str]
) -> list[Bridged]:
    """What a company was asked to pay by a source system: made from `since` on, or one of these document numbers.

    Oldest first: a line given free by a void order may have a later one.
    """
    rows = PaymentOrder.objects.filter(source_system=system, company_id=company_id)
    wanted = Q(created_at__gte=since) | Q(erp_doc_no__in=list(documents), created_at__lt=since)
    found = list(
        rows.filter(wanted)
        .exclude(shown_state="draft")
        .select_related("instruction")
        .defer("instruction__sealed", "instruction__seal", "instruction__met")
        .order_by("pk")
    )
    ties = dict(
        DebitTie.objects.filter(
            instruction__order__source_system=system, instruction__company_id=company_id
        )
        .order_by("role")  # a return after its debit
        .values_list("instruction_id", "role")
    )
    return [
        Bridged(
            order_id=order.pk,
            order_no=order.order_no,
            document=(order.erp_doc_type, order.erp_doc_no, order.erp_line_no),
            amount=order.amount,
            currency=order.currency,
            state=order.shown_state,
            bank=_bank(order, ties),
            made_at=order.created_at,
            changed_at=order.updated_at,
        )
        for order in found
    ]


_TIED = {DebitTie.Role.DEBIT.value: "debited", DebitTie.Role.RETURN.value: "returned"}


def _bank(order: PaymentOrder, ties: Mapping[int, str]) -> str:
    if order.is_paid_outside:
        return "outside"
    one = order.instruction
    if one is None:
        return ""
    if tie := ties.get(one.pk):
        return _TIED[tie]
    if order.shown_state != "succeeded" or one.final_at is None:
        return ""
    paid_on = one.final_at.astimezone(clock.SHANGHAI).date()
    return "due" if clock.today() - paid_on <= timedelta(days=1) else "missing"


def unclaimed_amounts(
    company_id: int, amounts: Collection[Decimal], *, since: date
) -> set[tuple[Decimal, str]]:
    """The amounts among these of which the bank shows a debit that no payment of ours explains, with their currency."""
    found = unclaimed_debits(company_ids={company_id}, amounts=amounts, since=since)
    return {(one.amount, one.currency) for one in found}
