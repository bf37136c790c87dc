"""Completeness: for every account, whether its days are told, its balance is fresh, its receipts and their files are there."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from desk.viewing import scope_in
from kernel import clock
from masterdata import selectors as masterdata
from statements import balances, continuity, receipt_selectors
from statements.models import ReceiptDay
from statements.views.days import Line, month_in, month_lines, neighbours, visible_accounts

if TYPE_CHECKING:
    from masterdata.models import OwnAccount
    from statements.models import LatestBalance

VIEW = "statements.view"
_TONES = {"bad": 0, "you": 1, "busy": 2, "ok": 3, "closed": 4}
STATUS_TONES = {"missing": "bad", "stray": "you", "no_file": "you", "waiting": "busy", "complete": "ok"}  # fmt: skip


@dataclass
class Papers:
    """What an account's receipts of the month come to."""

    days: Counter[str] = field(default_factory=Counter)
    entries: int = 0
    missing: int = 0
    stray: int = 0
    without_file: int = 0

    def add(self, row: ReceiptDay) -> None:
        """One more day."""
        self.days[row.status] += 1
        self.entries += row.entry_count
        self.missing += row.missing
        self.stray += row.stray
        self.without_file += row.without_file

    @property
    def share(self) -> str:
        """How much of the entries is proven."""
        if not self.entries:
            return "—"
        return f"{(self.entries - self.missing) * 100 / self.entries:.1f}%"

    @property
    def tone(self) -> str:
        """The worst of its days."""
        return min(
            (STATUS_TONES[one] for one in self.days), key=_TONES.__getitem__, default="closed"
        )


@dataclass
class Row:
    """One account of the overview; `papers` is None where the bank lists no receipts."""

    line: Line
    balance: LatestBalance | None
    is_stale: bool
    age: str
    papers: Papers | None

    @property
    def tone(self) -> str:
        """The worst of statement, balance and receipts."""
        tones = [self.line.tone, "you" if self.is_stale else "ok"]
        if self.papers is not None and self.papers.days:
            tones.append(self.papers.tone)
        return min(tones, key=_TONES.__getitem__)


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """Every linked account's month in one line, what is wanting first."""
    scope = scope_in(request)
    scope.demand(VIEW)
    month, first, last = month_in(request)
    until = min(last, clock.today() - timedelta(days=1))
    accounts = [one for one in visible_accounts(scope) if one.is_direct_link]
    rows = _rows(accounts, first=first, until=until)
    context = {
        "rows": rows,
        "month": month,
        "until": until,
        "untold": sum(one.line.missing for one in rows),
        "missing": sum(one.papers.missing for one in rows if one.papers),
        "without_file": sum(one.papers.without_file for one in rows if one.papers),
        "stale": sum(one.is_stale for one in rows),
        "can_pull": scope.has("statements.pull"),
        **neighbours(first, last),
    }
    return render(request, "statements/completeness.html", context)


def _rows(accounts: list[OwnAccount], *, first: date, until: date) -> list[Row]:
    ids, now = [one.pk for one in accounts], clock.now()
    told = continuity.latest_of(ids)
    listing = receipt_selectors.listing_accounts()
    papers: dict[int, Papers] = {pk: Papers() for pk in ids if pk in listing}
    for day in receipt_selectors.days_of(list(papers), first=first, last=until):
        papers[day.account_id].add(day)
    rows = []
    for line in month_lines(accounts, first, until):
        balance = told.get(line.account.pk)
        age = None if balance is None else now - balance.fetched_at
        stale = age is None or age > balances.STALE_AFTER
        words = balances.age_words(age)
        rows.append(Row(line, balance, stale, words, papers.get(line.account.pk)))
    return sorted(rows, key=lambda one: _TONES[one.tone])


@require_safe
def account(request: HttpRequest, account_id: int) -> HttpResponse:
    """One account's month: each day's statement and receipts, with what is wanting."""
    scope = scope_in(request)
    own = masterdata.get_account(account_id, scope=scope)
    scope.demand(VIEW, own.company_id)
    month, first, last = month_in(request)
    until = min(last, clock.today())
    begun = continuity.begun_on([account_id]).get(account_id)
    counted = {
        row.day: row for row in receipt_selectors.days_of([account_id], first=first, last=until)
    }
    start = min([*counted, *([begun] if begun else [])], default=None)
    days = (
        []
        if start is None
        else continuity.calendar_days(account_id, first=first, last=until, begun=start)
    )
    lists = account_id in receipt_selectors.listing_accounts()
    context: dict[str, Any] = {
        "account": own,
        "month": month,
        "days": [(one, counted.get(one.day)) for one in reversed(days)],
        "lists_receipts": lists,
        "wanting": [one for one in days if one.status in ("missing", "broken")],
        "missing": sum(row.missing for row in counted.values()),
        "can_pull": scope.has("statements.pull", own.company_id),
        **neighbours(first, last),
    }
    return render(request, "statements/completeness_account.html", context)
