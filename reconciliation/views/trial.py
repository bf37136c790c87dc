"""The dry run: what other rules or tolerances would have matched on past days, before anybody proposes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render

import masterdata.selectors as masterdata
from desk.keysets import whole_number
from desk.viewing import scope_in
from desk.words import said
from kernel import clock
from kernel.errors import DomainError, InvalidInput
from kernel.scope import Scope
from masterdata import typed
from masterdata.rule_forms import OrderWidget
from reconciliation import selectors
from reconciliation.pages import account_choices
from reconciliation.rules import RULES
from reconciliation.services import trying
from reconciliation.services.verifying import Found
from reconciliation.topics import Matching
from reconciliation.views.matches import told_matches

SHOWN = 50
LEFT_OUT = ("manual_limit",)  # what the machine does not read


@dataclass(frozen=True)
class _Row:
    """One rung of the outcome."""

    rung: str
    would_be: int
    are: int

    @property
    def title(self) -> object:
        """What the rule is called."""
        return RULES[self.rung].title

    @property
    def change(self) -> int:
        """More or fewer matches."""
        return self.would_be - self.are


def last_month(today: date) -> tuple[date, date]:
    """First and last day of the month before."""
    last = today.replace(day=1) - timedelta(days=1)
    return last.replace(day=1), last


def _busy(accounts: Sequence[tuple[str, str]]) -> str:
    """The account to begin with: the first that has matches, else the first; "" without any."""
    matched = selectors.with_matches([int(pk) for pk, _word in accounts])
    found = [pk for pk, _word in accounts if int(pk) in matched] or [pk for pk, _word in accounts]
    return found[0] if found else ""


def trial(request: HttpRequest) -> HttpResponse:
    """Choose an account, days and rules; see what they would have matched beside what is matched."""
    scope = scope_in(request)
    accounts = account_choices(scope)
    asked = request.GET.get("account") or _busy(accounts)
    first, last = last_month(clock.today())
    context: dict[str, Any] = {"accounts": accounts, "account_id": asked, "error": ""}
    context |= {
        "first": request.GET.get("first", f"{first}"),
        "last": request.GET.get("last", f"{last}"),
    }
    if asked:
        account = selectors.demand(whole_number(asked) or 0, scope=scope, right=selectors.VIEW)
        in_force, version = masterdata.strategy(
            Matching, account.company, account.gl_subject, clock.today()
        )
        is_run = "run" in request.GET
        wanted = in_force
        try:
            wanted = _read(request.GET, in_force) if is_run else in_force
            if is_run:
                context |= _run(account.pk, wanted, context["first"], context["last"], scope)
        except DomainError as error:
            context["error"] = said(error)
        context |= {"account": account, "version": version, "fields": _fields(in_force, wanted)}
    return render(request, "reconciliation/trial.html", context)


def _read(given: QueryDict, in_force: Matching) -> Matching:
    """The rules as typed; what was left out of the page keeps what is in force."""
    raw = in_force.written()
    for name, spec in Matching.specs().items():
        if name not in LEFT_OUT:
            raw[name] = _typed(name, spec, given, raw[name])
    return Matching.read(raw)


def _typed(name: str, spec: typed.Spec, given: QueryDict, otherwise: Any) -> Any:
    """One field as the page sends it."""
    if spec.is_ordered:
        return _order(spec).value_from_datadict(given, None, name)
    text = given.get(name)
    if text is None:
        return otherwise
    number = whole_number(text.strip()) if spec.kind == typed.WHOLE else None
    return text.strip() if number is None else number


def _order(spec: typed.Spec) -> OrderWidget:
    return OrderWidget(choices=list(spec.options()))


def _fields(in_force: Matching, wanted: Matching) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "spec": spec,
            "value": getattr(wanted, name),
            "boxes": _order(spec).render(name, getattr(wanted, name)) if spec.is_ordered else "",
            "before": getattr(in_force, name),
            "is_changed": getattr(wanted, name) != getattr(in_force, name),
        }
        for name, spec in Matching.specs().items()
        if name not in LEFT_OUT
    ]


def _run(account_id: int, wanted: Matching, first: str, last: str, scope: Scope) -> dict[str, Any]:
    try:
        days = date.fromisoformat(first), date.fromisoformat(last)
    except ValueError:
        raise InvalidInput(
            "日期应为 2026-11-24 的形式", "a date such as 2026-11-24", field="first"
        ) from None
    found = trying.dry_run(
        account_id=account_id, first=days[0], last=days[1], strategy=wanted.strategy(), scope=scope
    )
    rungs = sorted({*found.would_be, *found.are}, key=lambda rung: int(rung[1:]))
    rows = [_Row(rung, found.would_be.get(rung, 0), found.are.get(rung, 0)) for rung in rungs]
    would_be, are = sum(row.would_be for row in rows), sum(row.are for row in rows)
    return {
        "outcome": rows,
        "totals": {"would_be": would_be, "are": are, "change": would_be - are},
        "gained": _shown(account_id, found.gained),
        "gained_count": len(found.gained),
        "lost": _shown(account_id, found.lost),
        "lost_count": len(found.lost),
        "is_same": not found.gained and not found.lost,
        "shown": SHOWN,
        "ran": True,
    }


def _shown(account_id: int, found: Found) -> list[dict[str, Any]]:
    """Matches that were made up for the trial, as tables show them."""
    matches = [
        selectors.Match(account_id, 0, 0, rung, "", bank, book)
        for rung, bank, book in sorted(found)[:SHOWN]
    ]
    return told_matches(matches)
