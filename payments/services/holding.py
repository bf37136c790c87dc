"""Sorting out a list before its act: what may go on, what is refused with its reason, what is put on hold with its hits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from django.db.models import F

from audit import services as audit
from kernel import clock
from kernel.errors import Conflict, DomainError, Finding, NotFound
from masterdata import selectors as masterdata
from payments import checks
from payments.models import PaymentOrder
from payments.services import ruling
from payments.services.cases import follow_orders
from payments.services.refusals import Held
from payments.states import OrderState

if TYPE_CHECKING:
    from masterdata.models import User

Refusals = dict[int, DomainError]


def change(orders: Sequence[PaymentOrder], **values: object) -> None:
    """Write the same values to orders the caller has locked and moved; their state becomes the shown one."""
    if not orders:
        return
    now = clock.now()
    left_hold = [one.pk for one in orders if one.held_from and one.state != OrderState.HELD]
    by_state: dict[str, list[PaymentOrder]] = {}
    for order in orders:
        by_state.setdefault(order.state, []).append(order)
        order.version += 1
        for name, value in values.items():
            setattr(order, name, value)
    for state, rows in by_state.items():
        PaymentOrder.objects.filter(pk__in=[order.pk for order in rows]).update(
            state=state, shown_state=state, version=F("version") + 1, updated_at=now, **values
        )
    follow_orders(orders, left_hold=left_hold)


def reasons_of(findings: Sequence[Finding]) -> list[dict[str, object]]:
    """What an order keeps of the hits that hold it."""
    return [{"rule": f.rule, "message": f.message, "details": f.details} for f in findings]


def hold(
    held: Mapping[int, list[Finding]], orders: Mapping[int, PaymentOrder], *, actor: User | None
) -> Refusals:
    """Put these orders on hold with their hits; they remember where to return."""
    refused: Refusals = {}
    for pk, findings in held.items():
        order = orders[pk]
        came_from = (
            OrderState.PENDING_CHECK if order.state == OrderState.DRAFT else OrderState(order.state)
        )
        order.move("hold")
        reasons = reasons_of(findings)
        change([order], held_from=str(came_from), hold_reasons=reasons)
        audit.record(
            "payments.order.held",
            actor=actor,
            subject=order,
            before={"state": came_from},
            after={"state": order.state, "reasons": reasons},
            why="；".join(f.message for f in findings)[:500],
        )
        refused[pk] = Held(
            "已暂挂：" + "；".join(f.message for f in findings), "held: " + findings[0].message_en
        )
    return refused


def findings_by_order(orders: Sequence[PaymentOrder], *, stage: str) -> dict[int, list[Finding]]:
    """Field rules, the payer bank's field limits, duplicates and screening for these orders, as of now."""
    profiles: dict[str, tuple[Mapping[str, Sequence[object]], Mapping[str, str]]] = {}
    ruled = ruling.findings(orders, stage=stage)
    found: dict[int, list[Finding]] = {}
    for order in orders:
        hits = checks.before_submit(order)
        bank = order.payer_account.connection
        if bank is not None:
            if bank.bank_slug not in profiles:
                try:
                    profile = masterdata.bank_profile(bank.bank_slug)
                    profiles[bank.bank_slug] = (profile.field_limits, profile.forbidden)
                except NotFound:  # no adapter declared the bank yet: nothing is known, and dispatch will not open it
                    profiles[bank.bank_slug] = ({}, {})
            limits, forbidden = profiles[bank.bank_slug]
            hits += checks.fields_fit(order, limits=limits, forbidden=forbidden)
        found[order.pk] = hits + ruled[order.pk]
    return found


def sort_out(
    orders: Sequence[PaymentOrder], *, actor: User | None, stage: str
) -> tuple[list[PaymentOrder], Refusals]:
    """Run the checks of submit and release; blocked orders are refused, held ones put on hold, the rest is returned."""
    held: dict[int, list[Finding]] = {}
    refused: Refusals = {}
    good = []
    found = findings_by_order(orders, stage=stage)
    for order in orders:
        hits = found[order.pk]
        blocking = [hit for hit in hits if hit.level == "block"]
        holding = [hit for hit in hits if hit.level == "hold"]
        if blocking:
            refused[order.pk] = Conflict(
                "；".join(hit.message for hit in blocking),
                blocking[0].message_en,
                code=blocking[0].rule.lower(),
            )
        elif holding:
            held[order.pk] = holding
        else:
            good.append(order)
    ruling.keep({pk: hits for pk, hits in found.items() if pk not in refused}, orders, stage=stage)
    refused.update(hold(held, {order.pk: order for order in orders}, actor=actor))
    return good, refused
