"""Operations room: connections with their lamps, wire evidence, and the wish for a fresh figure."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from bankbridge import selectors
from bankbridge.pages import OPERATION_WORDS, RESULT_WORDS, ExchangesPage
from bankbridge.services import evidence, refresh
from desk.keysets import whole_number
from desk.pages import render_list
from kernel import clock
from kernel.errors import NotAllowed
from kernel.scope import Scope


def _scope(request: HttpRequest) -> Scope:
    scope: Scope = request.scope  # type: ignore[attr-defined]  # set by the scope middleware
    return scope


def channels(request: HttpRequest) -> HttpResponse:
    """Connections: lamp, last contact, what waits and what is unknown; and the pulse of the ticks."""
    scope = _scope(request)
    scope.demand("connections.view")
    context = {
        "channels": selectors.channels(scope, now=clock.now()),
        "ticks": selectors.ticks(),
        "now": clock.now(),
    }
    return render(request, "bankbridge/channels.html", context)


def exchanges(request: HttpRequest) -> HttpResponseBase:
    """The list of wire evidence."""
    scope = _scope(request)
    if not (scope.has("connections.view") or scope.has("exchanges.read")):
        raise NotAllowed(
            "您没有执行此操作的权限", "exchanges.read is missing", code="right_missing"
        )
    return render_list(request, ExchangesPage)


def exchange(request: HttpRequest, key: str) -> HttpResponse:
    """One exchange; its bytes are decrypted for those who may read them, and reading leaves a trace."""
    reading = evidence.read(key=key, actor=request.user, scope=_scope(request))
    context: dict[str, Any] = {
        "exchange": reading.row,
        "request_text": reading.request_text,
        "answer_text": reading.answer_text,
        "may_read": reading.may_read,
        "operation": OPERATION_WORDS.get(reading.row.operation, reading.row.operation),
        "result": RESULT_WORDS.get(reading.row.result, reading.row.result),
    }
    return render(request, "bankbridge/exchange.html", context)


@require_POST
def pull(request: HttpRequest) -> HttpResponse:
    """Ask the bank about these accounts now; without `account` about all the viewer may refresh."""
    given = (whole_number(text) for text in request.POST.getlist("account"))
    wanted = [number for number in given if number is not None]
    count = refresh.ask_now(
        account_ids=wanted or None,
        actor=request.user,  # type: ignore[arg-type]  # signed in
        scope=_scope(request),
    )
    messages.success(request, _("已安排立即查询 %(n)s 个账户，稍后自动更新") % {"n": count})
    back = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        back = reverse("statements:balances")
    return HttpResponseRedirect(back)
