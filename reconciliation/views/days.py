"""The daily reconciliation: every account's day in one list, one account's day in whole, and its sign-off."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

import masterdata.selectors as masterdata
import statements.daily
from desk.keysets import whole_number
from desk.viewing import acted, scope_in
from desk.words import said
from kernel import clock
from kernel.errors import DomainError, InvalidInput, NotAllowed, NotFound
from masterdata.services.stepup import require_stepup
from reconciliation import day_selectors as reads
from reconciliation import selectors
from reconciliation.daily import KINDS, PROVEN, RULES, TITLES, Found, Report
from reconciliation.models import DaySignOff
from reconciliation.services import days as services
from reconciliation.services.days import Asked

if TYPE_CHECKING:
    from masterdata.models import OwnAccount
    from statements.models import DayClose

SHOWN_MAX = 300  # rows of a class one page lists


@dataclass
class Line:
    """One account of the list."""

    account: OwnAccount
    check: DayClose | None
    report: Report
    row: DaySignOff | None
    obstacles: list[str]

    @property
    def state(self) -> str:
        """Signed, reopened, or waiting for a signature."""
        return "unsigned" if self.row is None else str(self.row.state)

    @property
    def can_sign(self) -> bool:
        """Whether it may be signed with others, without a reason."""
        return self.state != "signed" and not self.obstacles and not self.report.wants_reason

    @property
    def token(self) -> str:
        """The account with the entries as they are shown."""
        return f"{self.account.pk}:{self.report.entries_digest()}"


def _day(text: str) -> date:
    """The day asked for; without one yesterday. Raises InvalidInput."""
    if not text.strip():
        return clock.today() - timedelta(days=1)
    try:
        return date.fromisoformat(text.strip()[:10])
    except ValueError:
        raise InvalidInput("日期应写作 2026-11-30", "a day like 2026-11-30", field="day") from None


def overview(request: HttpRequest) -> HttpResponse:
    """Every account's day: what was found, what is signed, what keeps the others."""
    scope = scope_in(request)
    day = _day(request.GET.get("day", ""))
    allowed = scope.companies_with(selectors.VIEW)
    accounts = [
        one
        for one in masterdata.visible_accounts(scope).select_related("company", "bank")
        if one.is_active and one.company_id in allowed
    ]
    ids = [one.pk for one in accounts]
    found, rows = reads.reports(accounts, day), reads.sign_offs(ids, day)
    checks = statements.daily.day_checks(ids, day)
    lines = [
        Line(
            one,
            checks.get(one.pk),
            found[one.pk],
            rows.get(one.pk),
            services.obstacles(one, checks.get(one.pk), found[one.pk]),
        )
        for one in accounts
    ]
    rank = {"reopened": 0, "unsigned": 1, "signed": 2}
    lines.sort(key=lambda one: (not one.report.is_stopped, rank[one.state], one.account.number))
    context = {
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
    """Sign a day of the ticked accounts."""
    actor: Any = request.user
    day = _day(request.POST.get("day", ""))
    stepup = require_stepup(request, "reconciliation.sign_day")
    asked = []
    for text in request.POST.getlist("accounts"):
        number, _colon, digest = text.partition(":")
        account_id = whole_number(number)
        if account_id is not None:
            asked.append(Asked(account_id, digest))
    try:
        done, refused = services.sign_many(asked=asked, day=day, actor=actor, stepup=stepup)
    except (NotFound, NotAllowed):
        raise
    except DomainError as error:
        messages.error(request, said(error))
    else:
        for words in refused:
            messages.error(request, words)
        if done:
            messages.success(request, _("已签署 %(n)s 个账户") % {"n": done})
        elif not refused:
            messages.error(request, _("没有选择账户"))
    return redirect(f"{reverse('reconciliation:days')}?day={day}")
