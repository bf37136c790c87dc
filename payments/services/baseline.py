"""The clearing systems' caps and windows as published, laid down once as dated rows; people change them from there on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from masterdata.services.strategy import decide_once
from payments.routing import RouteRules
from payments.topics import BankProduct, GoLive

if TYPE_CHECKING:
    from masterdata.models import Company

_MEMBERS = [
    *("102", "103", "104", "105", "301", "302", "303", "304", "305", "306", "307", "308"),
    *("309", "310", "316", "318", "403"),
]
_COMMON: dict[str, Any] = {
    "offers_ibps": True,
    "ibps_members": _MEMBERS,
    "hvps_opens": "08:30",
    "hvps_closes": "17:00",
    "accepts_and_holds": False,
    "day_starts": "08:30",
}
# (from, until, source, what differs): each row says everything, so that what rules on a day stands in one place.
_HISTORY: tuple[tuple[date, date | None, str, Mapping[str, Any]], ...] = (
    (
        date(2010, 8, 30),
        None,
        "网银互联 2010-08-30 上线；小额贷记与网银互联单笔上限 5 万元",
        {"beps_cap": "50000.00", "ibps_cap": "50000.00"},
    ),
    (
        date(2020, 1, 1),
        None,
        "小额贷记单笔上限 100 万元（2020-01 已执行）；网银互联上限与大额受理时间以各行公告为准",
        {"beps_cap": "1000000.00", "ibps_cap": "1000000.00"},
    ),
    (
        date(2020, 1, 24),
        date(2020, 1, 30),
        "2020 年春节期间小额贷记单笔上限临时调至 5 亿元",
        {"beps_cap": "500000000.00", "ibps_cap": "1000000.00"},
    ),
)


def lay_down_routes() -> None:
    """The rules common to all banks, with their history (a step, idempotent)."""
    for valid_from, valid_to, note, differing in _HISTORY:
        decide_once(
            RouteRules,
            {**_COMMON, **differing},
            valid_from=valid_from,
            valid_to=valid_to,
            source_note=note,
        )


def take_live(
    company: Company,
    subject: str,
    *,
    source_note: str,
    operation: str = "pay_batch",
    valid_from: date = date(2020, 1, 1),
) -> None:
    """Company code and account subject live from a day on, paying by this product (a step for demos)."""
    for topic, values in ((GoLive, {"is_live": True}), (BankProduct, {"operation": operation})):
        decide_once(
            topic,
            values,
            company=company,
            subject=subject,
            source_note=source_note,
            valid_from=valid_from,
        )
