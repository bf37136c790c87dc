"""What is matched: an account's matches, one match with its whole reason, one act with what it made and ended."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from desk.keysets import whole_number
from desk.viewing import acted, scope_in
from reconciliation import selectors, telling
from reconciliation.rules import LADDER, RULES
from reconciliation.services import matching, two_people

SHOWN = 50


def matches(request: HttpRequest, account_id: int) -> HttpResponse:
    """The live matches of an account, newest first."""
    scope = scope_in(request)
    account = selectors.demand(account_id, scope=scope, right=selectors.VIEW)
    rung = request.GET.get("rung", "")
    rung = rung if rung in RULES else ""
    before = whole_number(request.GET.get("before", ""))
    _, stale = selectors.stale_matches(account_id)
    is_stale = request.GET.get("stale") == "1"
    found = (
        selectors.live_matches(account_id, stale[:SHOWN])
        if is_stale
        else selectors.newest_matches(account_id, rung=rung, before=before, limit=SHOWN + 1)
    )
    context = {
        "account": account,
        "stale": len(stale),
        "is_stale": is_stale,
        "rows": told_matches(found[:SHOWN]),
        "rungs": [(rule.rung, rule.title) for rule in LADDER],
        "rung": rung,
        "before": found[SHOWN - 1].match_no if len(found) > SHOWN else None,
    }
    return render(request, "reconciliation/matches.html", context)


def told_matches(found: list[selectors.Match]) -> list[dict[str, Any]]:
    """Matches as tables show them: sums of either side, what they rest on."""
    entries, journal = selectors.lines_by_id(found)
    rows = []
    for match in found:
        bank = [entries[one] for one in match.bank_ids if one in entries]
        book = [journal[one] for one in match.book_ids if one in journal]
        moved = selectors.net(bank, "credit") if bank else selectors.net(book, "debit")
        rows.append(
            {
                "match": match,
                "title": RULES[match.rung].title,
                "basis": telling.basis_word(match.basis) if match.basis else "",
                "bank": bank,
                "book": book,
                "amount": abs(moved),
                "is_in": moved >= 0,
                "first": next(iter((*bank, *book)), None),
                "url": reverse("reconciliation:match_page", args=[match.account_id, match.match_no])
                if match.match_no
                else "",
            }
        )
    return rows


def match_page(request: HttpRequest, account_id: int, match_no: int) -> HttpResponse:
    """One match, live or ended: the rule, what it compared on both sides, within which tolerances, what it rejected."""
    scope = scope_in(request)
    why = selectors.explain(account_id, match_no, scope=scope)
    account = selectors.demand(account_id, scope=scope, right=selectors.VIEW)
    is_live = bool(selectors.live_matches(account_id, [match_no]))
    can_split = is_live and scope.has(selectors.MATCH, account.company_id)
    context = {
        "account": account,
        "why": why,
        "basis": telling.basis_word(why.match.basis),
        "word": telling.kind_word(why.act.kind),
        "compared": [
            (
                telling.field_word(name),
                telling.values(name, bank, money_in="credit"),
                telling.values(name, book, money_in="debit"),
            )
            for name, bank, book in why.compared
        ],
        "tolerances": [
            (telling.tolerance_word(name), value) for name, value in why.tolerances.items()
        ],
        "is_live": is_live,
        "is_stale": is_live and selectors.is_stale(why.match),
        "can_split": can_split,
        "takes_two": can_split and matching.takes_two(account_id, why.match),
    }
    return render(request, "reconciliation/match.html", context)


@require_POST
def split(request: HttpRequest, account_id: int, match_no: int) -> HttpResponse:
    """Take a match apart: its lines are open again; above the limit, ask a second person (`ask`)."""
    is_asked = bool(request.POST.get("ask"))

    def act() -> None:
        (two_people.ask_split if is_asked else matching.split)(
            account_id=account_id,
            match_no=match_no,
            parts=(),
            actor=request.user,  # type: ignore[arg-type]  # signed in
            why=request.POST.get("why", ""),
        )

    done = _("已提出，待第二人确认") if is_asked else _("已解除勾对，流水回到勾对台")
    acted(request, act, done=done)
    return redirect("reconciliation:match_page", account_id, match_no)


def act_page(request: HttpRequest, act_id: int) -> HttpResponse:
    """One act: who, when, why, and what it made and ended."""
    scope = scope_in(request)
    act = selectors.get_act(act_id, scope=scope)
    account = selectors.demand(act.account_id, scope=scope, right=selectors.VIEW)
    made, ended = selectors.touched_by(act, limit=SHOWN)
    context = {
        "act": act,
        "account": account,
        "word": telling.kind_word(act.kind),
        "made": told_matches(made),
        "ended": told_matches(ended),
        "counts": [
            (rung, RULES[rung].title, count)
            for rung, count in sorted(act.counts.items())
            if rung in RULES
        ],
        "limit": SHOWN,
    }
    return render(request, "reconciliation/act.html", context)
