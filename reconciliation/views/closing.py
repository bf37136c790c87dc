"""The close: every company's month, what must be true before it, the two people's words, and the archives."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

import ledger.period_selectors
import masterdata.selectors as masterdata
from desk.keysets import whole_number
from desk.viewing import acted, scope_in
from kernel import clock
from ledger.rules import month_ends
from masterdata.services.stepup import require_stepup
from reconciliation import close_selectors as reads
from reconciliation import selectors
from reconciliation.services import closing
from reconciliation.services.closing import KINDS


def _neighbours(month: str) -> dict[str, str]:
    first, last = month_ends(month)
    return {
        "before": f"{first - timedelta(days=1):%Y-%m}",
        "after": f"{last + timedelta(days=1):%Y-%m}",
    }


def overview(request: HttpRequest) -> HttpResponse:
    """Every company's month: open or closed, by whom, and its archive."""
    scope = scope_in(request)
    text = request.GET.get("month", "").strip()
    month = reads.require_month(text or f"{clock.today().replace(day=1) - timedelta(days=1):%Y-%m}")
    allowed = scope.companies_with(selectors.VIEW)
    companies = [one for one in masterdata.visible_companies(scope) if one.pk in allowed]
    ids = [one.pk for one in companies]
    periods = ledger.period_selectors.periods_of(ids, month)
    pending = masterdata.pending_changes(KINDS.values(), [one.pk for one in periods.values()])
    with_accounts, packs = reads.with_accounts(ids), reads.newest_packs(ids, month)
    lines = [
        {
            "company": one,
            "period": (period := periods.get(one.pk)),
            "is_locked": reads.is_locked(period),
            "pending": period and pending.get(str(period.pk)),
            "pack": packs.get(one.pk),
        }
        for one in companies
        if one.pk in with_accounts
    ]
    context = {"lines": lines, "month": month, **_neighbours(month)}
    return render(request, "reconciliation/closes.html", context)


def _pending(period: Any) -> Any:
    if period is None:
        return None
    return masterdata.pending_changes(KINDS.values(), [period.pk]).get(str(period.pk))


def close(request: HttpRequest, company_id: int, month: str) -> HttpResponse:
    """One company's month: what must be true, the proposal or the decision, the archives."""
    scope = scope_in(request)
    company = masterdata.get_company(company_id, scope=scope)
    scope.demand(selectors.VIEW, company_id)
    period = reads.period_of_company(company_id, reads.require_month(month))
    is_locked = reads.is_locked(period)
    checks = [] if is_locked else reads.checklist(company, month, period)
    pending = _pending(period)
    is_own = pending is not None and pending.made_by.person_key == scope.person_key
    context = {
        "company": company,
        "month": month,
        "period": period,
        "is_locked": is_locked,
        "checks": checks,
        "is_ready": all(one.is_met for one in checks),
        "pending": pending,
        "is_own": is_own,
        "kind": "reopen" if is_locked else "lock",
        "can_ask": pending is None and scope.has(closing.ASK, company_id),
        "can_decide": pending is not None and not is_own and scope.has(closing.DECIDE, company_id),
        "packs": reads.packs_of(company_id, month),
        **_neighbours(month),
    }
    return render(request, "reconciliation/close.html", context)


@require_POST
def propose(request: HttpRequest, company_id: int, month: str) -> HttpResponse:
    """Ask for the month to be closed or reopened."""
    actor: Any = request.user
    acted(
        request,
        lambda: closing.propose(
            company_id=company_id,
            month=month,
            version=whole_number(request.POST.get("version", "")) or 0,
            kind=request.POST.get("kind", ""),
            actor=actor,
            why=request.POST.get("why", ""),
        ),
        done=_("已提出，待另一人复核"),
    )
    return redirect("reconciliation:close", company_id, month)


@require_POST
def decide(request: HttpRequest, company_id: int, month: str, change_id: int) -> HttpResponse:
    """The second person's word."""
    actor: Any = request.user
    accept = request.POST.get("decision") == "accept"
    stepup = require_stepup(request, "reconciliation.close")
    is_locked = reads.is_locked(reads.period_of_company(company_id, reads.require_month(month)))
    brought = _("已重新打开") if is_locked else _("已结账，当月存档一分钟内生成")
    acted(
        request,
        lambda: closing.decide(
            change_id=change_id,
            accept=accept,
            actor=actor,
            stepup=stepup,
            why=request.POST.get("why", ""),
        ),
        done=brought if accept else _("已拒绝"),
    )
    return redirect("reconciliation:close", company_id, month)


def archive(request: HttpRequest, pack_id: int) -> HttpResponse:
    """The archive, as it was made."""
    actor: Any = request.user
    row, content = closing.open_archive(pack_id=pack_id, actor=actor)
    name = f"{row.company.code}-{row.month}-v{row.number}.zip"
    header = content_disposition_header(True, name) or "attachment"
    return HttpResponse(
        content, content_type="application/zip", headers={"Content-Disposition": header}
    )
