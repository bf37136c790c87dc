"""What the exception centre shows of our orders and instructions (desk.guides): page, state, next step, acts. Reads only."""

from __future__ import annotations

from collections.abc import Sequence

from django.urls import reverse
from django.utils.translation import gettext as _

from desk.formats import money_text
from desk.guides import CaseAct, Guide
from kernel.scope import Scope
from payments import linked_selectors, outside_selectors, selectors
from payments.acts import offered
from payments.models import PaymentInstruction, PaymentOrder
from payments.states import OPEN_AT_BANK, InstructionState


def _numbers(ids: Sequence[str]) -> list[int]:
    return [int(one) for one in ids if one.isdigit()]


def _acts(order: PaymentOrder, scope: Scope) -> tuple[CaseAct, ...]:
    found = [
        CaseAct(act.verb, reverse("payments:act", args=[order.order_no, act.name]))
        for act in offered(order, scope=scope)
    ]
    return tuple(found)


def _guide(order: PaymentOrder, scope: Scope, one: PaymentInstruction | None) -> Guide:
    next_text, next_at = "", None
    if one is not None and one.state in OPEN_AT_BANK and one.next_inquiry_at is not None:
        next_text, next_at = _("自动向银行查询"), one.next_inquiry_at
    elif one is not None and one.state == InstructionState.QUEUED:
        next_text, next_at = _("自动发送"), one.not_before
    return Guide(
        label=order.order_no,
        url=reverse("payments:order", args=[order.order_no]),
        state=str(one.state) if one is not None else order.shown_state,
        amount=f"{order.currency} {money_text(order.amount)}",
        next_text=next_text,
        next_at=next_at,
        acts=_acts(order, scope),
    )


def of_orders(ids: Sequence[str], scope: Scope) -> dict[str, Guide]:
    """Guides of orders by id; those out of scope are absent."""
    rows = selectors.visible_orders(scope).filter(pk__in=_numbers(ids))
    return {
        str(order.pk): _guide(order, scope, order.instruction)
        for order in rows.select_related("instruction", "maker")
    }


def of_instructions(ids: Sequence[str], scope: Scope) -> dict[str, Guide]:
    """Guides of instructions by id; those out of scope are absent."""
    rows = selectors.visible_instructions(scope).filter(pk__in=_numbers(ids))
    return {
        str(one.pk): _guide(one.order, scope, one)
        for one in rows.select_related("order", "order__maker")
    }


def of_legs(ids: Sequence[str], scope: Scope) -> dict[str, Guide]:
    """Guides of legs of linked payments by id; those out of scope are absent."""
    wanted = linked_selectors.visible_legs(scope).filter(pk__in=_numbers(ids))
    return {
        str(leg.pk): _guide(leg.order, scope, leg.order.instruction)
        for leg in wanted.select_related("order", "order__instruction", "order__maker")
    }


def of_outside(ids: Sequence[str], scope: Scope) -> dict[str, Guide]:
    """Guides of payments made outside the platform by id; those out of scope are absent."""
    rows = outside_selectors.visible_outside(scope).filter(pk__in=_numbers(ids))
    return {
        str(row.pk): Guide(
            label=row.order.order_no,
            url=reverse("payments:outside", args=[row.pk]),
            state=row.state,
            amount=f"{row.order.currency} {money_text(row.order.amount)}",
        )
        for row in rows
    }
