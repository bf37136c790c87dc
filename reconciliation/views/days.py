"""The daily reconciliation: every account's day in one list, one account's day in whole, and its sign-off."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

import statements.daily
from desk.keysets import whole_number
from desk.viewing import acted, scope_in
from desk.words import said
from kernel import clock
from kernel.errors import DomainError, InvalidInput, NotAllowed, NotFound
from ledger.rules import month_ends, period_of
from masterdata.services.stepup import require_stepup
from reconciliation import day_selectors as reads
from reconciliation import selectors
from reconciliation.daily import KINDS, PROVEN, RULES, TITLES, Found, Report
from reconciliation.models import DaySignOff
from reconciliation.services import days as services
from reconciliation.services.days import Asked, AskedDay
from reconciliation.views.choosing import accounts_in, asked_company

if TYPE_CHECKING:
    from masterdata.models import OwnAccount
    from statements.models import DayClose

SHOWN_MAX = 300  # rows of a class one page lists
SIGNED_MAX = 100  # account days one page lists and one click signs
WAITING_DAYS = 92  # how far back days wait on the list of all months
COMPARED_MAX = 31  # days one page compares


@dataclass
class Line:
    """One account's day of a list."""

    account: OwnAccount
    day: date
    check: DayClose | None
    report: Report
    row: DaySignOff | None
    obstacles: list[str]

    @property
    def state(self) -> str:
        """Signed, reopened, waiting for a signature, or quiet: nothing moved, nobody need sign."""
        if self.row is not None:
            return str(self.row.state)
        return "unsigned" if self.report.found else "quiet"

    @property
    def classes(self) -> list[tuple[str, Any, int]]:
        """(rule, what it is called, how many) of what the comparison found."""
        return [(rule, TITLES[rule], n) for rule, n in self.report.counts.items()]

    @property
    def can_sign(self) -> bool:
        """Whether it may be signed with others, without a reason."""
        return self.state != "signed" and not self.obstacles and not self.report.wants_reason

    @property
    def token(self) -> str:
        """The account and its day with the entries as they are shown."""
        return f"{self.account.pk}:{self.report.entries_digest()}:{self.day}"


def _day(text: str) -> date:
    """The day asked for; without one yesterday. Raises InvalidInput."""
    if not text.strip():
        return clock.today() - timedelta(days=1)
    try:
        return date.fromisoformat(text.strip()[:10])
    except ValueError:
        raise InvalidInput("日期应写作 2026-11-30", "a day like 2026-11-30", field="day") from None


def _lines(accounts: Sequence[OwnAccount], day: date) -> list[Line]:
    ids = [one.pk for one in accounts]
    found, rows = reads.reports(accounts, day), reads.sign_offs(ids, day)
    checks = statements.daily.day_checks(ids, day)
    return [
        Line(
            one,
            day,
            checks.get(one.pk),
            found[one.pk],
            rows.get(one.pk),
            services.obstacles(one, checks.get(one.pk), found[one.pk]),
        )
        for one in accounts
    ]


def overview(request: HttpRequest) -> HttpResponse:
    """Every account's day: what was found, what is signed, what keeps the others."""
    scope = scope_in(request)
    day = _day(request.GET.get("day", ""))
    choice = asked_company(request)
    lines = _lines(accounts_in(request, choice["company"]), day)
    rank = {"reopened": 0, "unsigned": 1, "signed": 2, "quiet": 3}
    lines.sort(key=lambda one: (not one.report.is_stopped, rank[one.state], one.account.number))
    context = {
        **choice,
        "lines": lines,
        "day": day,
        "before": day - timedelta(days=1),
        "after": day + timedelta(days=1),
        "counts": Counter(one.state for one in lines),
        "stopped": sum(one.report.is_stopped for one in lines),
        "signable": sum(one.can_sign for one in lines),
        "can_sign": scope.has(services.SIGN),
    }
    return render(request, "reconciliation/days.html", context)


def _month(text: str) -> str:
    """The month asked for, or "" for all. Raises InvalidInput."""
    try:
        return period_of(month_ends(text)[0]) if text else ""
    except ValueError:
        raise InvalidInput("月份应写作 2026-11", "a month like 2026-11", field="month") from None


def waiting(request: HttpRequest) -> HttpResponse:
    """Every account's days that wait for a signature, of one month or of the last three, the oldest first."""
    scope, today = scope_in(request), clock.today()
    choice = asked_company(request)
    accounts = {one.pk: one for one in accounts_in(request, choice["company"])}
    span = (today - timedelta(days=WAITING_DAYS), today)
    month = _month(request.GET.get("month", "").strip())
    found = reads.waiting_days(list(accounts.values()), *(month_ends(month) if month else span))
    told = sorted({day for day, _account in found})[:COMPARED_MAX]
    shown = [pair for pair in found[:SIGNED_MAX] if pair[0] in told]
    lines = [
        line
        for day, pairs in groupby(shown, key=lambda pair: pair[0])
        for line in _lines([accounts[account_id] for _day, account_id in pairs], day)
    ]
    months = {period_of(today - timedelta(days=back)) for back in range(0, WAITING_DAYS, 28)}
    context = {
        **choice,
        "lines": lines,
        "month": month,
        "months": sorted(months | ({month} if month else set()), reverse=True),
        "count": len(found),
        "is_cut": len(lines) < len(found),
        "signable": sum(one.can_sign for one in lines),
        "can_sign": scope.has(services.SIGN),
    }
    return render(request, "reconciliation/days_waiting.html", context)


def account_day(request: HttpRequest, account_id: int, day: str) -> HttpResponse:
    """One account's day: the balance, every class with its lines, the cases, the sign-offs."""
    scope, on = scope_in(request), _day(day)
    account = selectors.demand(account_id, scope=scope, right=selectors.VIEW)
    report = reads.reports([account], on)[account_id]
    check = statements.daily.day_checks([account_id], on).get(account_id)
    versions = reads.sign_offs_of(account_id, on)
    standing = versions[0] if versions and versions[0].state == "signed" else None
    obstacles = services.obstacles(account, check, report)
    may = scope.has(services.SIGN, account.company_id)
    context = {
        "account": account,
        "day": on,
        "check": check,
        "report": report,
        "classes": [_class(rule, report.of(rule)) for rule in TITLES if report.of(rule)],
        "versions": versions,
        "standing": standing,
        "obstacles": obstacles,
        "cases": reads.cases(report, scope=scope),
        "can_sign": may and standing is None and not obstacles,
        "can_class": may and standing is None,
        "kinds": [(name, words) for name, words in KINDS.items() if name not in PROVEN],
        "token": report.entries_digest(),
        "before": on - timedelta(days=1),
        "after": on + timedelta(days=1),
    }
    return render(request, "reconciliation/day.html", context)


def _class(rule: str, found: list[Found]) -> dict[str, Any]:
    return {
        "rule": rule if rule in RULES else "",
        "title": TITLES[rule],
        "count": len(found),
        "total": sum((one.amount for one in found), start=found[0].amount * 0),
        "rows": [
            {"found": one, "kind": KINDS.get(one.kind, "")}
            for one in sorted(found, key=lambda one: not one.is_unclassified)[:SHOWN_MAX]
        ],
    }


@require_POST
def classify(request: HttpRequest, account_id: int, day: str) -> HttpResponse:
    """Say what a debit is."""
    actor: Any = request.user
    entry_id = whole_number(request.POST.get("entry", "")) or 0
    acted(
        request,
        lambda: services.classify(
            account_id=account_id,
            entry_id=entry_id,
            kind=request.POST.get("kind", ""),
            note=request.POST.get("note", ""),
            actor=actor,
        ),
        done=_("已分类"),
    )
    return redirect("reconciliation:day", account_id, day)


@require_POST
def sign(request: HttpRequest, account_id: int, day: str) -> HttpResponse:
    """Sign one account's day."""
    actor: Any = request.user
    stepup = require_stepup(request, "reconciliation.sign_day")
    asked = Asked(account_id, request.POST.get("token", ""))
    acted(
        request,
        lambda: services.sign(
            asked=asked,
            day=_day(day),
            actor=actor,
            stepup=stepup,
            note=request.POST.get("note", ""),
        ),
        done=_("已签署"),
    )
    return redirect("reconciliation:day", account_id, day)


@require_POST
def sign_many(request: HttpRequest) -> HttpResponse:
    """Sign the ticked days: of one day's list, or of the list of all days that wait."""
    actor: Any = request.user
    stepup = require_stepup(request, "reconciliation.sign_day")
    asked, given = [], request.POST.get("day", "")
    for text in request.POST.getlist("accounts"):
        number, digest, on = (*text.split(":"), "", "")[:3]
        account_id = whole_number(number)
        if account_id is not None:
            asked.append(AskedDay(_day(on or given), Asked(account_id, digest)))
    try:
        done, refused = services.sign_many(asked=asked, actor=actor, stepup=stepup)
    except (NotFound, NotAllowed):
        raise
    except DomainError as error:
        messages.error(request, said(error))
    else:
        for words in refused:
            messages.error(request, words)
        if done:
            messages.success(request, _("已签署 %(n)s 个账户日") % {"n": done})
        elif not refused:
            messages.error(request, _("没有选择账户"))
    kept = {name: request.POST.get(name, "") for name in ("day", "month", "company")}
    page = "reconciliation:days" if kept["day"] else "reconciliation:days_waiting"
    return redirect(f"{reverse(page)}?{urlencode({k: v for k, v in kept.items() if v})}")
