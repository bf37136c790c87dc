"""The approval case an order wants."""

from __future__ import annotations

from collections.abc import Sequence

from approvals import services as approvals
from kernel.errors import require
from payments import payee_facts
from payments.models import PaymentOrder


def new_cases(orders: Sequence[PaymentOrder]) -> list[approvals.NewCase]:
    """What the approval matrix wants to know of these orders; their content hash is fresh and their maker is known."""
    classes = payee_facts.classes_of(orders)
    found = []
    for order in orders:
        require(order.maker is not None, "an order that is submitted has a maker")
        found.append(
            approvals.NewCase(
                kind="payment",
                subject_id=str(order.pk),
                company_id=order.company_id,
                digest=order.content_hash,
                money=order.money,
                maker_id=order.maker.pk if order.maker else 0,
                maker_person=order.maker.person_key if order.maker else "",
                account_id=order.payer_account_id,
                payment_type=order.kind,
                payee_class=classes[order.pk],
            )
        )
    return found
