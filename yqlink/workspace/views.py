"""The workspace: what waits for the viewer, without a click; and the log of every interface."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.http import urlencode
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from desk import selectors as desk
from desk.pages import render_list
from kernel import clock
from kernel.money import parse_amount
from kernel.references import is_reference
from kernel.scope import Scope
from yqlink.workspace.board import board_for
from yqlink.workspace.cards import cards_for
from yqlink.workspace.latency import days_of, report
from yqlink.workspace.panels import panels_for

# whom we spoke with → (words, list page, its rights)
INTERFACE_LOG = {
    "bank": (_("银行"), "bankbridge.pages.ExchangesPage", ("connections.view", "exchanges.read")),
    "inbox": (_("ERP 来报"), "erpbridge.pages.InboxPage", ("exchanges.read",)),
    "outbox": (_("送往 ERP"), "erpbridge.pages.OutboxPage", ("exchanges.read",)),
}


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
def board(request: HttpRequest) -> HttpResponse:
    """流程看板: where everything is, who holds it, how long."""
    scope: Scope = request.scope  # type: ignore[attr-defined]  # set by the scope middleware
    now = clock.now()
    return render(request, "workspace/board.html", {"shown": board_for(scope, now=now), "now": now})


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


@require_GET
def interface_log(request: HttpRequest) -> HttpResponseBase:
    """接口日志查询: every conversation with banks and finance systems, one kind of peer at a time."""
    scope: Scope = request.scope  # type: ignore[attr-defined]  # set by the scope middleware
    offered = {
        name: (words, page)
        for name, (words, page, rights) in INTERFACE_LOG.items()
        if any(scope.has(right) for right in rights)
    }
    peer = request.GET.get("peer", "")
    peer = peer if peer in offered else next(iter(offered))
    tabs = [(name, words, name == peer) for name, (words, _page) in offered.items()]
    page = import_string(offered[peer][1])
    return render_list(request, page, "workspace/interface_log.html", {"tabs": tabs, "peer": peer})


@require_GET
def latency(request: HttpRequest) -> HttpResponse:
    """时延报告: how long each kind of message took, with banks, finance systems, and payments from release to their end."""
    scope: Scope = request.scope  # type: ignore[attr-defined]  # set by the scope middleware
    first, last = days_of(request.GET.get("from", ""), request.GET.get("to", ""))
    context = {"groups": report(scope, first=first, last=last), "first": first, "last": last}
    return render(request, "workspace/latency.html", context)
