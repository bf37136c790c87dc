"""What was released a moment ago, for those who warn. System look-ups."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from masterdata.classes import PayeeClass
from payments.models import PaymentInstruction, PaymentOrder

if TYPE_CHECKING:
    from masterdata.models import Company

PIECE = 500
_HOUSE = (PayeeClass.OWN, PayeeClass.GROUP)


@dataclass(frozen=True)
class ReleasedOrder:
    """One released payment. `is_first`: no payment to the account ever succeeded."""

    id: int
    order_no: str
    company: Company
    subject: str
    payee_name: str
    amount: Decimal
    released_at: datetime
    is_own: bool
    is_first: bool


def _newest(moment: datetime) -> list[int]:
    """Orders whose latest attempts were released from this moment on: the newest attempts, a piece at a time."""
    rows = PaymentInstruction.objects.order_by("-pk")
    found: list[int] = []
    last: int | None = None
    while True:
        piece = rows if last is None else rows.filter(pk__lt=last)
        told = list(piece.values_list("pk", "order_id", "created_at")[:PIECE])
        found += [order_id for _pk, order_id, made in told if made >= moment]
        if len(told) < PIECE or told[-1][2] < moment:
            return found
        last = told[-1][0]


def released_since(moment: datetime) -> list[ReleasedOrder]:
    """Payments released from this moment on, oldest first."""
    rows = PaymentOrder.objects.filter(pk__in=_newest(moment), state="released")
    orders = list(rows.select_related("company", "payer_account").order_by("released_at", "pk"))
    paid = PaymentOrder.objects.filter(
        payee_number__in={one.payee_number for one in orders}, shown_state="succeeded"
    )
    known: dict[str, set[int]] = {}
    for number, pk in paid.values_list("payee_number", "pk"):
        known.setdefault(number, set()).add(pk)
    return [
        ReleasedOrder(
            one.pk,
            one.order_no,
            one.company,
            one.payer_account.gl_subject,
            one.payee_name,
            one.amount,
            one.released_at,
            is_own=one.payee_class in _HOUSE,
            is_first=not known.get(one.payee_number, set()) - {one.pk},
        )
        for one in orders
        if one.released_at is not None
    ]
