"""Explained value: one number a day for the group and each account, and what is left behind it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

import masterdata.selectors as masterdata
from desk.viewing import scope_in
from kernel import clock
from kernel.errors import NotFound
from reconciliation import explained
from reconciliation.services import explaining

DAYS = (14, 31, 92)
MAIN = "CNY"
GOOD = 95  # percent matched by the machine the house aims at


def overview(request: HttpRequest) -> HttpResponse:
    """The shares of the last days, by day and currency."""
    scope = scope_in(request)
    given = request.GET.get("days", "")
    count = int(given) if given in {str(one) for one in DAYS} else DAYS[1]
    last = clock.today()
    days = explained.group_days(scope, first=last - timedelta(days=count), last=last)
    t1, t2 = explained.overall(days, MAIN)
    context = {
        "rows": days,
        "newest": next((one for one in days if one.currency == MAIN), None),
        "t1": t1,
        "t2": t2,
        "good": GOOD,
        "days": count,
        "day_choices": DAYS,
        "chart": _chart([one for one in reversed(days) if one.currency == MAIN]),
    }
    return render(request, "reconciliation/explained.html", context)


def _chart(days: list[explained.Share]) -> dict[str, Any]:
    def points(name: str) -> list[str | None]:
        return [None if (value := getattr(one, name)) is None else f"{value:.2f}" for one in days]

    return {
        "type": "line",
        "x": [f"{one.day:%m-%d}" for one in days],
        "series": [
            {"name": _("T+1 解释率 %"), "data": points("t1")},
            {"name": _("T+2 解释率 %"), "data": points("t2")},
        ],
    }


def one_day(request: HttpRequest, day: str) -> HttpResponse:
    """The accounts of one day: their shares and what is left now."""
    try:
        of = date.fromisoformat(day)
    except ValueError:
        raise NotFound("day") from None
    first, _second = explaining.moments(of, masterdata.calendar())
    rows = explained.account_days(scope_in(request), of)
    context = {
        "day": of,
        "rows": [(one, one.told_at is not None and one.told_at >= first) for one in rows],
    }
    return render(request, "reconciliation/explained_day.html", context)
