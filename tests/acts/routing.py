"""Caps, windows and membership of the clearing systems, and the house's own hours: each decides how or when one goes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from kernel.clock import SHANGHAI, Calendar
from masterdata.strategies import Strategies
from payments.inforce import InForce
from payments.models import PaymentOrder
from payments.routing import Route, RouteRules, Wait
from payments.topics import SendWindow
from tests.acts import DAY, Act, row_of
from tests.acts.switches import ACCOUNT

Said = Mapping[str, Any]
ROUTES, WINDOW = f"strategy.{RouteRules.key}", f"strategy.{SendWindow.key}"
COMMON: Said = {
    "beps_cap": "50000.00", "ibps_cap": "50000.00", "offers_ibps": True, "ibps_members": ["102"],
    "hvps_opens": "08:30", "hvps_closes": "17:00", "accepts_and_holds": False, "intra_closes": "23:50",
    "intra_opens": "00:30", "day_starts": "08:30",
}  # fmt: skip
MORNING, EVENING, SATURDAY = "2026-11-24T09:00", "2026-11-24T17:30", "2026-11-28T10:00"
SMALL, MIDDLE = Decimal("100.00"), Decimal("60000.00")


def _way(
    routes: Said,
    window: Said,
    *,
    at: str = MORNING,
    amount: Decimal = SMALL,
    to: str = "102",
    urgent: bool = False,
    wish: str = "",
) -> str:
    """The clearing system, and from when on where it waits."""
    rows = [row_of(ROUTES, routes), row_of(WINDOW, window, pk=2)]
    rules = InForce(DAY, strategies=Strategies(DAY, rows), calendar=Calendar())  # type: ignore[arg-type]  # rows of the strategy
    now = datetime.fromisoformat(at).replace(tzinfo=SHANGHAI)
    order = PaymentOrder(
        payer_account=ACCOUNT, payee_cnaps=f"{to}100000000", amount=amount, currency="CNY",
        is_urgent=urgent, wish_date=datetime.fromisoformat(wish).date() if wish else now.date(),
    )  # fmt: skip
    found = rules.route(order, now)
    if isinstance(found, Wait):
        return f"{found.name} {found.until:%d %H:%M}"
    return found.name if isinstance(found, Route) else found.why


def _by_routes(field: str, one: tuple[Any, str], other: tuple[Any, str], **payment: Any) -> Act:
    base = {name: value for name, value in COMMON.items() if name != field}

    def see(said: Said) -> str:
        """The clearing system, and where the payment waits, the day of the month and the time it goes."""
        return _way(said, {}, **payment)

    return Act(ROUTES, field, one, other, see, base)


def _by_window(field: str, one: tuple[Any, str], other: tuple[Any, str], at: str) -> Act:
    def see(said: Said) -> str:
        """The clearing system, and where the payment waits, the day of the month and the time it goes."""
        return _way(COMMON, said, at=at)

    return Act(WINDOW, field, one, other, see, {"opens": "08:00", "closes": "18:00"})


ACTS = [
    _by_routes("beps_cap", ("60000.00", "BEPS"), ("59999.99", "HVPS"), amount=MIDDLE),
    _by_routes("ibps_cap", ("60000.00", "IBPS"), ("59999.99", "HVPS"), amount=MIDDLE),
    _by_routes("offers_ibps", (True, "IBPS"), (False, "BEPS"), urgent=True),
    _by_routes("ibps_members", (["102"], "IBPS"), (["308"], "BEPS"), urgent=True),
    _by_routes("hvps_opens", ("08:30", "HVPS"), ("09:30", "HVPS 24 09:30"), amount=MIDDLE),
    _by_routes("hvps_closes", ("18:00", "HVPS"), ("17:00", "HVPS 25 08:30"), amount=MIDDLE, at=EVENING),
    _by_routes("accepts_and_holds", (True, "HVPS"), (False, "HVPS 25 08:30"), amount=MIDDLE, at=EVENING),
    _by_routes("intra_closes", ("23:50", "INTRA"), ("17:30", "INTRA 25 00:30"), to="104", at=EVENING),
    _by_routes("intra_opens", ("09:00", "INTRA"), ("09:30", "INTRA 24 09:30"), to="104"),
    _by_routes("day_starts", ("08:30", "BEPS 26 08:30"), ("10:00", "BEPS 26 10:00"), wish="2026-11-26"),
    _by_window("opens", ("09:00", "BEPS"), ("10:00", "BEPS 24 10:00"), MORNING),
    _by_window("closes", ("18:00", "BEPS"), ("17:00", "BEPS 25 08:00"), EVENING),
    _by_window("working_days_only", (False, "BEPS"), (True, "BEPS 30 08:00"), SATURDAY),
]  # fmt: skip
