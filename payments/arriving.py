"""By which clearing system a payment would go, when, and when the payee has the money: in words, before anybody releases."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from kernel.errors import DomainError
from payments import routing
from payments.inforce import InForce

if TYPE_CHECKING:
    from payments.models import PaymentOrder


@dataclass(frozen=True)
class Forecast:
    """The router's word for people; `tone` is ok, you (it waits) or bad (nothing takes it)."""

    text: str
    tone: str = "ok"


def route_name(name: str) -> str:
    """A clearing system in words; one nobody has named shows as itself."""
    return str(routing.ROUTE_NAMES.get(name, name))


def forecast(order: PaymentOrder, *, now: datetime, rules: InForce | None = None) -> Forecast:
    """Route, sending time and value date of an order, if it were released at `now`."""
    rules = rules or InForce()
    try:
        route = rules.route(order, now)
    except DomainError as error:
        return Forecast(error.message, "bad")
    if isinstance(route, routing.Refuse):
        return Forecast(route.why, "bad")
    at = route.until if isinstance(route, routing.Wait) else now
    words = {"route": route_name(route.name), "value": _value(rules, order, route.name, at)}
    if isinstance(route, routing.Wait):
        words |= {"when": f"{at:%Y-%m-%d %H:%M}", "why": route.why}
        text = _("%(route)s，%(when)s 发送（%(why)s），%(value)s") % words
        return Forecast(text, "you")
    return Forecast(_("%(route)s，立即发送，%(value)s") % words)


def _value(rules: InForce, order: PaymentOrder, name: str, at: datetime) -> str:
    found = rules.arrival(order, name, at)
    day = f"{found.value_date:%Y-%m-%d}"
    if found.is_at_once:
        return _("实时到账（%(day)s）") % {"day": day}
    return _("最迟 %(day)s 到账") % {"day": day}
