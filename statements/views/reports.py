"""Reports over what banks told us."""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from desk.pages import render_list
from statements.balance_changes import BalanceChangesPage


def balance_changes(request: HttpRequest) -> HttpResponseBase:
    """账户余额变化."""
    return render_list(request, BalanceChangesPage, "statements/balance_changes.html")
