"""Continuity: which days of which account are told, closed and add up; one account's month day by day."""

from __future__ import annotations

from calendar import monthrange
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from desk.pages import render_list
from desk.viewing import scope_in
from kernel import clock
from kernel.errors import InvalidInput
from kernel.scope import Scope
from masterdata import selectors as masterdata
from statements import continuity
from statements.models import DayClose
from statements.pages import DaysPage
from statements.services.files import KINDS

if TYPE_CHECKING:
    from masterdata.models import OwnAccount

VIEW = "statements.view"
BAD = (DayClose.Status.BROKEN, "missing")
FINDING_WORDS = {
    "sum": _("收支与余额不符"), "opening": _("期初与上日不符"), "closing": _("期末与银行余额不符"),
    "chain": _("逐笔余额不连续"), "number": _("对账单缺号"), "amended": _("银行有更正"), "page": _("缺页"),
    "totals": _("笔数或合计不符"),
}  # fmt: skip
SOURCE_WORDS = {"bank": _("银企直联"), **KINDS}


@dataclass
class Line:
    """One account of the overview: how its days of the month stand."""

    account: OwnAccount
    begun: date | None
    closed: date | None
    counts: Counter[str] = field(default_factory=Counter)
    missing: int = 0

    @property
    def tone(self) -> str:
        """The worst of its days."""
        if self.begun is None:
            return "closed"
        if self.missing or self.counts[DayClose.Status.BROKEN]:
            return "bad"
        odd = self.counts[DayClose.Status.UNPROVEN] + self.counts[DayClose.Status.AMENDED]
        return "you" if odd else "ok"


def month_in(request: HttpRequest) -> tuple[str, date, date]:
    """The month asked for (else the present one) with its first and last day; raises InvalidInput."""
    text = request.GET.get("month", "").strip()[:7] or f"{clock.today():%Y-%m}"
    try:
        first = date.fromisoformat(f"{text}-01")
    except ValueError:
        raise InvalidInput("月份应写作 2026-11", "a month like 2026-11", field="month") from None
    return text, first, first.replace(day=monthrange(first.year, first.month)[1])


def neighbours(first: date, last: date) -> dict[str, str]:
    """The months before and after, for the page's links."""
    before, after = first - timedelta(days=1), last + timedelta(days=1)
    return {"before": f"{before:%Y-%m}", "after": f"{after:%Y-%m}"}


def overview(request: HttpRequest) -> HttpResponse:
    """Every account's month in one line."""
    scope = scope_in(request)
    month, first, last = month_in(request)
    accounts = visible_accounts(scope)
    told_until = min(last, clock.today() - timedelta(days=1))
    lines = month_lines(accounts, first, told_until)
    context = {
        "lines": lines,
        "month": month,
        "until": told_until,
        "troubled": sum(one.tone == "bad" for one in lines),
        "silent": sum(one.begun is None for one in lines),
        "provisional": sum(one.counts["provisional"] for one in lines),
        "can_import": scope.has("statements.import"),
        **neighbours(first, last),
    }
    return render(request, "statements/continuity.html", context)


def visible_accounts(scope: Scope) -> list[OwnAccount]:
    """The active accounts whose entries the viewer may see, with company and bank."""
    allowed = scope.companies_with(VIEW)
    return [
        one
        for one in masterdata.visible_accounts(scope).select_related("company", "bank")
        if one.is_active and one.company_id in allowed
    ]


def month_lines(accounts: list[OwnAccount], first: date, last: date) -> list[Line]:
    """Each account's days between two, the worst first."""
    ids = [one.pk for one in accounts]
    begun, closed = continuity.begun_on(ids), continuity.closed_until(ids)
    counts = continuity.status_counts(ids, first=first, last=last)
    lines = []
    for account in accounts:
        line = Line(account, begun.get(account.pk), closed.get(account.pk))
        line.counts.update(counts.get(account.pk, {}))
        if line.begun is not None:
            wanted = (last - max(first, line.begun)).days + 1
            line.missing = max(0, wanted - line.counts.total())
        lines.append(line)
    order = {"bad": 0, "you": 1, "ok": 2, "closed": 3}
    return sorted(
        lines, key=lambda one: (order[one.tone], not one.counts, one.account.company.path)
    )


def account_month(request: HttpRequest, account_id: int) -> HttpResponse:
    """One account's month: every day, its statements, and what the bank amended."""
    scope = scope_in(request)
    account = masterdata.get_account(account_id, scope=scope)
    scope.demand(VIEW, account.company_id)
    month, first, last = month_in(request)
    begun = continuity.begun_on([account_id]).get(account_id)
    until = min(last, clock.today())
    days = (
        []
        if begun is None
        else continuity.calendar_days(account_id, first=first, last=until, begun=begun)
    )
    days = [one for one in days if one.check is not None or one.day < clock.today()]
    told = list(continuity.statements_between(account_id, first, last))
    context = {
        "account": account,
        "month": month,
        "days": [_day(one) for one in reversed(days)],
        "counts": Counter(one.status for one in days),
        "bad": sum(one.status in BAD for one in days),
        "statements": [(one, SOURCE_WORDS.get(one.source, one.source)) for one in told],
        "amended": continuity.amended_between(account_id, first, last),
        "can_import": scope.has("statements.import", account.company_id),
        **neighbours(first, last),
    }
    return render(request, "statements/continuity_account.html", context)


def _day(one: continuity.CalendarDay) -> dict[str, Any]:
    found = [] if one.check is None else one.check.findings
    return {
        "day": one.day,
        "check": one.check,
        "status": one.status,
        "findings": [FINDING_WORDS.get(code, code) for code in found],
    }


def days(request: HttpRequest) -> HttpResponseBase:
    """The list of checked days."""
    scope_in(request).demand(VIEW)
    return render_list(request, DaysPage)
