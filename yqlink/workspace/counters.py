"""Counters behind the workspace's cards: each takes the viewer's Scope and answers a Figure, counted up to 1,000."""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import gettext as _

from desk import selectors as desk
from kernel.scope import Scope
from payments import selectors as payments
from yqlink.workspace.cards import Figure

CAP = 1_000


def counted(number: int, sub: str = "") -> Figure:
    """A count as figure; past the cap it says so."""
    return Figure(f"{CAP:,}+" if number > CAP else f"{number:,}", sub, number == 0)


def cases(scope: Scope) -> Figure:
    """Open exception cases of the viewer's companies."""
    return counted(desk.open_cases(scope)[: CAP + 1].count(), _("需要人工处理"))


def _waiting(scope: Scope, right: str) -> Figure:
    """What waits for the holder of a right, with its sum per currency."""
    rows = (
        payments.worklist(right, scope=scope)
        .order_by()
        .values_list("currency", "amount")[: CAP + 1]
    )
    sums: dict[str, Decimal] = {}
    for currency, amount in rows:
        sums[currency] = sums.get(currency, Decimal(0)) + amount
    total = " · ".join(f"{code} {amount:,.2f}" for code, amount in sorted(sums.items()))
    return counted(len(rows), total if len(rows) <= CAP else "")


def to_check(scope: Scope) -> Figure:
    """Orders waiting for the viewer's check."""
    return _waiting(scope, "payments.check")


def to_approve(scope: Scope) -> Figure:
    """Orders waiting for the viewer's approval."""
    return _waiting(scope, "payments.approve")


def to_release(scope: Scope) -> Figure:
    """Orders waiting for the viewer's release."""
    return _waiting(scope, "payments.release")


def unknown(scope: Scope) -> Figure:
    """Payments whose outcome nobody can state; shown first, and only when there are any."""
    rows = payments.visible_orders(scope).order_by().filter(shown_state="unknown")
    return counted(rows[: CAP + 1].count(), _("请勿重复付款"))
