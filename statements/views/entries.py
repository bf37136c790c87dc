"""Entries, one entry, the group's balances."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _

from desk.pages import render_list
from kernel import clock
from kernel.references import is_reference
from kernel.scope import Scope
from statements import balances as wall
from statements import receipt_selectors, selectors
from statements.pages import EntriesPage

CHART_DAYS = 14


def _scope(request: HttpRequest, right: str) -> Scope:
    scope: Scope = request.scope  # type: ignore[attr-defined]  # set by the scope middleware
    scope.demand(right)
    return scope


def entries(request: HttpRequest) -> HttpResponseBase:
    """The list of statement entries."""
    _scope(request, "statements.view")
    return render_list(request, EntriesPage)


def entry(request: HttpRequest, entry_id: int) -> HttpResponse:
    """One entry with every version the bank told."""
    found = selectors.get_entry(entry_id, scope=_scope(request, "statements.view"))
    context = {
        "entry": found,
        "revisions": list(selectors.revisions_of(found)),
        "is_ours": is_reference(found.reference),
        "receipts": receipt_selectors.receipts_of_entries([found.pk])[found.pk],
        "alike": receipt_selectors.alike(found),
    }
    return render(request, "statements/entry.html", context)


def balances(request: HttpRequest) -> HttpResponse:
    """The group's balances: company tree × bank, the age of each figure, change over the last days."""
    scope = _scope(request, "statements.view")
    now = clock.now()
    nodes, figures = selectors.group_figures(scope)
    group = wall.gather(nodes, figures, now=now)
    first = now.date() - timedelta(days=CHART_DAYS - 1)
    told = selectors.book_by_day(scope, first=first, last=now.date())
    context = {
        "group": group,
        "rows": [_shown(row, group, now) for row in group.rows],
        "chart": _chart(wall.by_day(told, first=first, last=now.date())),
        "can_pull": scope.has("statements.pull"),
        "now": now,
        "days": CHART_DAYS,
    }
    template = (
        "statements/_balances.html"
        if getattr(request, "htmx", False)
        else "statements/balances.html"
    )
    return render(request, template, context)


def _shown(row: wall.CompanyRow, group: wall.Group, now: Any) -> dict[str, Any]:
    return {
        "company": row.company,
        "sums": sorted(row.sums.items()),
        "cells": row.cells(group.banks),
        "accounts": [
            {
                "figure": figure,
                "age": wall.age_words(figure.age(now)),
                "is_stale": figure.is_stale(now),
            }
            for figure in row.figures
        ],
    }


def _chart(days_told: list[tuple[Any, Any]]) -> dict[str, Any]:
    known = [(day, book) for day, book in days_told if book is not None]
    return {
        "type": "line",
        "x": [f"{day:%m-%d}" for day, _book in known],
        "series": [{"name": _("账面余额 CNY"), "data": [f"{book:.2f}" for _day, book in known]}],
    }
