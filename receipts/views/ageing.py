"""Money nobody has claimed, by company or office and age."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.views.decorators.http import require_safe

from desk.viewing import scope_in
from kernel import clock
from receipts import selectors
from receipts.rules import age_bucket
from receipts.words import AGE_NAMES

ROWS_MAX = 5_000
OLDEST = 50


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """The ageing list, and the oldest ones one by one."""
    rows = list(selectors.unclaimed(scope_in(request))[: ROWS_MAX + 1])
    today = clock.today()
    sums: dict[tuple[str, str, str], dict[str, list[Decimal]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for row in rows[:ROWS_MAX]:
        owner = (str(row.company), str(row.office or ""), row.currency)
        sums[owner][age_bucket((today - row.bank_date).days)].append(row.amount)
    lines: list[dict[str, Any]] = [
        {
            "company": company,
            "office": office or _now("未归办事处"),
            "currency": currency,
            "cells": [(len(held[name]), sum(held[name], Decimal("0.00"))) for name in AGE_NAMES],
            "count": sum(map(len, held.values())),
            "amount": sum((sum(some, Decimal(0)) for some in held.values()), Decimal("0.00")),
        }
        for (company, office, currency), held in sorted(sums.items())
    ]
    context = {
        "lines": lines,
        "ages": AGE_NAMES.values(),
        "oldest": [(row, (today - row.bank_date).days) for row in rows[:OLDEST]],
        "is_capped": len(rows) > ROWS_MAX,
        "inbox": reverse("receipts:to_supplement"),
    }
    return render(request, "receipts/ageing.html", context)
