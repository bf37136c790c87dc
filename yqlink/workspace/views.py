"""The workspace: what waits for the viewer, without a click."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET

from desk import selectors as desk
from kernel.money import parse_amount
from kernel.references import is_reference
from kernel.scope import Scope
from yqlink.workspace.cards import cards_for
from yqlink.workspace.panels import panels_for


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """工作台."""
    scope: Scope = request.scope  # type: ignore[attr-defined]  # set by the scope middleware
    context = {
        "cards": cards_for(scope),
        "panels": panels_for(scope),
        "cases": desk.open_cases(scope)[:8],
    }
    return render(request, "workspace/home.html", context)


@require_GET
def search(request: HttpRequest) -> HttpResponse:
    """全局搜索: `=1268400` finds the exact amount; a number finds orders, instructions and bank serials, a name the payee."""
    text = request.GET.get("q", "").strip()
    try:
        target = reverse("payments:orders")
    except NoReverseMatch:
        return redirect("workspace:home")
    if text[:1] in ("D", "d") and is_reference(text.upper()):  # an arrival notice
        return redirect(f"{reverse('receipts:inbox')}?{urlencode({'q': text.upper()})}")
    if text.startswith(("=", "＝")):
        amount = parse_amount(text[1:])
        query = {"amount_from": f"{amount:.2f}", "amount_to": f"{amount:.2f}"}
    else:
        query = {"number" if text.isascii() else "payee": text}
    return redirect(f"{target}?{urlencode(query)}")
