"""Reads of payments made outside the platform."""

from __future__ import annotations

from django.db.models import QuerySet

from kernel import vault
from kernel.errors import NotFound
from kernel.scope import Scope
from payments.models import OutsidePayment


def visible_outside(scope: Scope) -> QuerySet[OutsidePayment]:
    """Records of the companies the viewer serves, newest first; never with the evidence file."""
    rows = OutsidePayment.objects.filter(company_id__in=scope.companies_with("payments.view"))
    return (
        rows.defer("evidence_file")
        .select_related("order", "company", "proposed_by", "decided_by")
        .order_by("-pk")
    )


def get_outside(record_id: int, *, scope: Scope) -> OutsidePayment:
    """One record; raises NotFound."""
    found = visible_outside(scope).filter(pk=record_id).first()
    if found is None:
        raise NotFound("payment outside")
    return found


def evidence_of(record: OutsidePayment) -> bytes:
    """The file that was brought as proof."""
    sealed = OutsidePayment.objects.values_list("evidence_file", flat=True).get(pk=record.pk)
    return vault.ring().decrypt(bytes(sealed), aad=f"outside:{record.order.order_no}")


def open_outside(order_id: int) -> OutsidePayment | None:
    """The record of an order that is not refused. System look-up: the caller scoped the order."""
    return OutsidePayment.objects.filter(order_id=order_id).exclude(state="refused").first()
