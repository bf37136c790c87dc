"""Which class a payee is of, and the approval case an order wants."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import F

from approvals import services as approvals
from kernel.errors import require
from masterdata import selectors as masterdata
from masterdata.classes import PayeeClass
from payments.models import PaymentOrder


def payee_classes(orders: Sequence[PaymentOrder]) -> dict[int, str]:
    """The payee class of each order as of now, by order id; a payee whose account changed since it was paid is new again."""
    numbers = {order.payee_number for order in orders}
    own = masterdata.own_numbers(numbers)
    paid = set(
        PaymentOrder.objects.filter(
            payee_number__in=numbers,
            payee_account_id__in={order.payee_account_id for order in orders},
            shown_state="succeeded",
            instruction__final_at__gte=F("payee_account__decided_at"),
        ).values_list("payee_account_id", flat=True)
    )
    return {order.pk: _class(order, own, paid) for order in orders}


def _class(order: PaymentOrder, own: dict[str, int], paid: set[int]) -> str:
    if (company_id := own.get(order.payee_number)) is not None:
        return PayeeClass.OWN if company_id == order.company_id else PayeeClass.GROUP
    if order.is_personal:
        return PayeeClass.PERSONAL
    return PayeeClass.WHITELISTED if order.payee_account_id in paid else PayeeClass.NEW


def new_cases(orders: Sequence[PaymentOrder]) -> list[approvals.NewCase]:
    """What the approval matrix wants to know of these orders; their content hash is fresh and their maker is known."""
    classes = payee_classes(orders)
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
