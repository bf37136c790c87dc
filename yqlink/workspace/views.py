"""The workspace: what waits for the viewer, without a click."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from desk import selectors as desk
from kernel.scope import Scope
from yqlink.workspace.cards import cards_for


@login_required
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """工作台."""
    scope: Scope = request.scope  # type: ignore[attr-defined]  # set by the scope middleware
    context = {"cards": cards_for(scope), "cases": desk.open_cases(scope)[:8]}
    return render(request, "workspace/home.html", context)
