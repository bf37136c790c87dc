"""接口监控: lanes, deliveries, messages and refusals; payloads by right; inbound replay and another try for dead letters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from desk.pages import ListPage, render_list
from desk.viewing import acted, scope_in
from desk.words import said
from erpbridge import pages, selectors
from erpbridge.monitor import lanes
from erpbridge.services import payloads, replaying
from kernel import clock
from kernel.errors import DomainError, NotAllowed, NotFound
from kernel.scope import Scope

if TYPE_CHECKING:
    from masterdata.models import User


def _person(request: HttpRequest) -> User:
    return cast("User", request.user)


def tabs(current: str) -> list[tuple[str, str, bool]]:
    """The monitor's pages beside each other."""
    names = [
        ("erpbridge:monitor", _("通道")),
        ("erpbridge:deliveries", _("来报")),
        ("erpbridge:messages", _("去报")),
        ("erpbridge:refusals", _("错误行")),
    ]
    return [(reverse(name), words, name == current) for name, words in names]


@require_safe
def monitor(request: HttpRequest) -> HttpResponse:
    """A lane a system and style."""
    context = {
        "lanes": lanes(scope_in(request), now=clock.now()),
        "styles": pages.STYLE_WORDS,
        "tabs": tabs("erpbridge:monitor"),
    }
    return render(request, "erpbridge/monitor.html", context)


def _list(request: HttpRequest, page: type[ListPage], name: str) -> HttpResponseBase:
    return render_list(request, page, "erpbridge/messages.html", {"tabs": tabs(name)})


@require_safe
def deliveries(request: HttpRequest) -> HttpResponseBase:
    """What came in."""
    return _list(request, pages.WatchedInPage, "erpbridge:deliveries")


@require_safe
def outgoing(request: HttpRequest) -> HttpResponseBase:
    """What goes out."""
    return _list(request, pages.WatchedOutPage, "erpbridge:messages")


@require_safe
def refusals(request: HttpRequest) -> HttpResponseBase:
    """What was not taken, and why."""
    return _list(request, pages.RefusalsPage, "erpbridge:refusals")


@require_safe
def delivery(request: HttpRequest, delivery_id: int) -> HttpResponse:
    """One delivery: what became of it, and its refusals."""
    scope = scope_in(request)
    row = selectors.get_delivery(delivery_id, scope=scope)
    return _delivery(request, scope, {"delivery": row})


def _delivery(request: HttpRequest, scope: Scope, context: dict[str, Any]) -> HttpResponse:
    row = context["delivery"]
    refused = list(row.refusals.order_by("row", "pk")[:200])
    context |= {
        "refusals": refused,
        "has_open": any(one.settled_at is None for one in refused),
        "more": max(row.faults - len(refused), 0),
        "replays": row.replays.order_by("pk"),
        "style": pages.STYLE_WORDS.get(row.style, row.style),
        "may_open": scope.has(selectors.READ),
        "may_replay": scope.has(replaying.RIGHT) and row.faults > 0 and row.replay_of_id is None,
    }
    return render(request, "erpbridge/delivery.html", context)


@require_POST
def delivery_open(request: HttpRequest, delivery_id: int) -> HttpResponse:
    """The same with what was sent and answered; that somebody looked is kept."""
    scope = scope_in(request)
    row, sent, answered = payloads.open_delivery(
        delivery_id=delivery_id, actor=_person(request), scope=scope
    )
    return _delivery(request, scope, {"delivery": row, "sent": sent, "answered": answered})


@require_POST
def delivery_replay(request: HttpRequest, delivery_id: int) -> HttpResponse:
    """Take what was refused once more."""
    try:
        row, taken = replaying.replay(
            delivery_id=delivery_id, actor=_person(request), why=request.POST.get("why", "")
        )
    except (NotFound, NotAllowed):
        raise
    except DomainError as refusal:
        messages.error(request, said(refusal))
        return redirect("erpbridge:delivery", delivery_id)
    words = _("已重放 %(n)s 项，接收 %(taken)s 项")
    messages.success(request, words % {"n": row.items, "taken": taken})
    return redirect("erpbridge:delivery", row.pk)


@require_safe
def message(request: HttpRequest, message_id: int) -> HttpResponse:
    """One message: when it left, whether it was stored, what went wrong."""
    scope = scope_in(request)
    return _message(request, scope, selectors.get_message(message_id, scope=scope), None)


def _message(request: HttpRequest, scope: Scope, row: Any, told: Any) -> HttpResponse:
    context = {
        "message": row,
        "told": told,
        "may_open": scope.has(selectors.READ),
        "may_send": scope.has(payloads.RESEND) and not row.delivered_at and not row.acked_at,
    }
    return render(request, "erpbridge/message.html", context)


@require_POST
def message_open(request: HttpRequest, message_id: int) -> HttpResponse:
    """The same with what it tells; that somebody looked is kept."""
    scope = scope_in(request)
    row, told = payloads.open_message(message_id=message_id, actor=_person(request), scope=scope)
    return _message(request, scope, row, told)


@require_POST
def message_again(request: HttpRequest, message_id: int) -> HttpResponse:
    """Another try at once."""
    acted(
        request,
        lambda: payloads.send_again(
            message_id=message_id, actor=_person(request), why=request.POST.get("why", "")
        ),
        done=_("将立即重新送达，消息号不变"),
    )
    return redirect("erpbridge:message", message_id)
