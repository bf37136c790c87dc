"""What a confirm page put before a person's eyes, as values: kept with the token, signed with the decision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from kernel.errors import Finding
from payments.content import content_of
from payments.models import PaymentOrder

LARGEST = 5


def _payer(order: PaymentOrder) -> dict[str, object]:
    account = order.payer_account
    return {"number": account.number, "name": account.name, "bank": account.branch_name}


def one(
    order: PaymentOrder, *, act: str, findings: Sequence[Finding], arrival: str, is_first: bool
) -> dict[str, object]:
    """The page of one payment: its content, the payer, the way it takes, every look-alike shown, whether it is the first."""
    return {
        "page": "one",
        "act": act,
        "order_no": order.order_no,
        "version": order.version,
        "content": dict(content_of(order)),
        "payer": _payer(order),
        "arrival": arrival,
        "first_payment": is_first,
        "findings": [
            {"rule": hit.rule, "level": hit.level, "message": hit.message, "details": hit.details}
            for hit in findings
        ],
    }


def _row(order: PaymentOrder) -> dict[str, object]:
    return {
        "order_no": order.order_no,
        "payee_name": order.payee_name,
        "payee_number": order.payee_number,
        "amount": order.amount,
    }


def many(
    orders: Sequence[PaymentOrder],
    *,
    act: str,
    first: Sequence[PaymentOrder],
    look_alikes: Sequence[PaymentOrder],
    excluded: Sequence[Mapping[str, Any]],
) -> dict[str, object]:
    """The page of many payments: count and sum, from which accounts, the largest, the new payees, the look-alikes, who is out."""
    payers: dict[int, dict[str, object]] = {}
    for order in orders:
        payers.setdefault(order.payer_account_id, _payer(order))
    return {
        "page": "many",
        "act": act,
        "count": len(orders),
        "amount": sum((order.amount for order in orders), Decimal(0)),
        "payers": list(payers.values()),
        "largest": [_row(one) for one in sorted(orders, key=lambda o: -o.amount)[:LARGEST]],
        "new_payees": [_row(one) for one in first],
        "look_alikes": [one.order_no for one in look_alikes],
        "excluded": [str(row["order_no"]) for row in excluded],
    }
