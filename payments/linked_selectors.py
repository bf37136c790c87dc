"""Reads of linked payments and their legs."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import QuerySet

from kernel.errors import NotFound
from kernel.scope import Scope
from payments.models import LinkedLeg, LinkedPayment


def visible_linked(scope: Scope) -> QuerySet[LinkedPayment]:
    """Linked payments of the companies the viewer serves, newest first."""
    rows = LinkedPayment.objects.filter(company_id__in=scope.companies_with("payments.view"))
    return rows.order_by("-created_at", "-pk")


def get_linked(link_no: str, *, scope: Scope) -> LinkedPayment:
    """A linked payment; raises NotFound."""
    found = visible_linked(scope).select_related("company", "maker").filter(link_no=link_no).first()
    if found is None:
        raise NotFound("linked payment")
    return found


def legs_of(linked_ids: Collection[int]) -> dict[int, list[LinkedLeg]]:
    """The legs of linked payments in turn, with their orders. System look-up: the caller scoped the linked payments."""
    legs = LinkedLeg.objects.filter(linked_id__in=linked_ids).select_related(
        "order", "order__company", "order__payer_account", "order__instruction"
    )
    found: dict[int, list[LinkedLeg]] = {pk: [] for pk in linked_ids}
    for leg in legs.order_by("linked_id", "place"):
        found[leg.linked_id].append(leg)
    return found


def linked_of(order_id: int) -> LinkedPayment | None:
    """The linked payment an order is a leg of. System look-up: the caller scoped the order."""
    return LinkedPayment.objects.filter(legs__order_id=order_id).first()


def visible_legs(scope: Scope) -> QuerySet[LinkedLeg]:
    """Legs whose order the viewer may see."""
    return LinkedLeg.objects.filter(order__company_id__in=scope.companies_with("payments.view"))
