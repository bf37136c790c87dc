"""Operations room: connections with their lamps, wire evidence, and the wish for a fresh figure."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from bankbridge import channels as rooms
from bankbridge import checks as self_tests
from bankbridge import preview as wire
from bankbridge import scorecard, selectors
from bankbridge.abilities import ABILITY_WORDS
from bankbridge.pages import OPERATION_WORDS, RESULT_WORDS, ExchangesPage
from bankbridge.services import checking, evidence, refresh
from desk.keysets import whole_number
from desk.pages import render_list
from kernel import clock
from kernel.errors import NotAllowed
from kernel.scope import Scope
from masterdata import selectors as masterdata
from payments import previewing

PERIODS = 14


def _scope(request: HttpRequest) -> Scope:
    scope: Scope = request.scope  # type: ignore[attr-defined]  # set by the scope middleware
    return scope


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def channels(request: HttpRequest) -> HttpResponse:
    """Connections: lamp, last contact, latency, what waits and what is unknown, certificates; and the pulse of the ticks."""
    scope = _scope(request)
    scope.demand("connections.view")
    found = rooms.channels(scope, now=clock.now())
    context = {
        "channels": found,
        "lamps": Counter(one.state.lamp for one in found),
        "unknown": sum(one.state.unknown for one in found),
        "ending": sum(one.certificate_tone in ("you", "bad") for one in found),
        "ticks": selectors.ticks(),
        "now": clock.now(),
    }
    return render(request, "bankbridge/channels.html", context)


def channel(request: HttpRequest, connection_id: int) -> HttpResponse:
    """One connection's scorecard, a line a day or a week, and what each operation took in the chosen one."""
    scope = _scope(request)
    scope.demand("connections.view")
    row = masterdata.get_connection(connection_id, scope=scope)
    unit = request.GET.get("unit", "day")
    start = scorecard.start_of(unit)
    today = clock.today()
    last = min(_day(request.GET.get("on", "")) or today, today)
    step = timedelta(days=1 if unit == "day" else 7)
    starts = [start(last) - step * n for n in range(PERIODS)]
    found = scorecard.scores([row.pk], first=starts[-1], last=min(last, today), unit=unit)
    rows = [found.get((row.pk, one)) or scorecard.Score(one) for one in starts]
    end = starts[0] + step - timedelta(days=1)
    context = {
        "connection": row,
        "unit": unit,
        "rows": [(one, one.start + step - timedelta(days=1)) for one in rows],
        "first": starts[0],
        "last": end,
        "before": starts[0] - timedelta(days=1),
        "after": min(today, end + step) if end < today else None,
        "operations": [
            (OPERATION_WORDS.get(str(one[0]), one[0]), *one)
            for one in scorecard.by_operation(row.pk, first=starts[0], last=end)
        ],
        "chart": _chart(rows),
    }
    return render(request, "bankbridge/channel.html", context)


def _chart(rows: list[scorecard.Score]) -> dict[str, Any]:
    told = [one for one in reversed(rows) if one.p50 is not None]
    names = (("P50", "p50"), ("P95", "p95"), ("P99", "p99"))
    return {
        "type": "line",
        "x": [f"{one.start:%m-%d}" for one in told],
        "series": [
            {"name": name, "data": [str(getattr(one, field)) for one in told]}
            for name, field in names
        ],
    }


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


def preview(request: HttpRequest, order_no: str) -> HttpResponse:
    """What the bank will see of a payment: every field of ours, and the message as it would be written now."""
    told = previewing.unsent(order_no, scope=_scope(request))
    context = {"order": told.order, "told": told, "preview": wire.of_payment(told)}
    return render(request, "bankbridge/preview.html", context)


@require_safe
def checks(request: HttpRequest) -> HttpResponse:
    """Which services the bank lets us use with each account, by its newest self-test, and what to do about the others."""
    scope = _scope(request)
    rows = self_tests.newest(scope)
    context = {
        "rows": rows,
        "abilities": [ABILITY_WORDS[name] for name in self_tests.CHECKED],
        "is_moving": any(one.state in ("waiting", "running") for one in rows),
        "may_ask": any(scope.has(right) for right in self_tests.ASK),
    }
    return render(request, "bankbridge/checks.html", context)


@require_POST
def checks_ask(request: HttpRequest) -> HttpResponse:
    """Have accounts tested; without `account` all the viewer may have tested."""
    wanted = [whole_number(text) for text in request.POST.getlist("account")]
    count = checking.ask(
        account_ids=[pk for pk in wanted if pk is not None] or None,
        actor=request.user,
        scope=_scope(request),
    )
    messages.success(request, _("已安排自检 %(n)s 个账户，完成后显示在此") % {"n": count})
    return HttpResponseRedirect(reverse("bankbridge:checks"))


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
