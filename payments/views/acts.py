"""The confirm page of one order and the act behind it. Nothing happens without a one-time token."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from desk.words import said
from kernel import clock
from kernel.errors import DomainError, InvalidInput, NotAllowed, NotFound
from payments import comparing, funds, reading, selectors, showing
from payments.acts import Act, offered
from payments.arriving import forecast
from payments.models import PaymentOrder
from payments.services import asking, confirming, linked
from payments.views.confirmed import (
    TYPE_AGAIN,
    confirm,
    items_of,
    key_shown,
    packed,
    person,
    read_items,
    retype_name,
    scope_in,
)
from payments.views.lists import PAGES

DESK_NAMES = {
    "check": "check_desk",
    "approve": "approve_desk",
    "release": "release_desk",
    "lift": "held",
    "submit": "drafts",
}
# Acts whose page shows what the rules find now.
JUDGED = frozenset({"submit", "check", "approve", "release", "lift", "resume"})


def wants_json(request: HttpRequest) -> bool:
    """Whether the caller is a program."""
    accepted = request.headers.get("Accept", "")
    return "application/json" in accepted and "text/html" not in accepted


def act_of(name: str) -> Act:
    """The act of an address; raises NotFound."""
    act = reading.act_named(name)
    if act is None:
        raise NotFound("act")
    return act


def _confirm_context(request: HttpRequest, order: PaymentOrder, act: Act) -> dict[str, Any]:
    scope, items = scope_in(request), items_of([order])
    first = reading.is_first_payment(order, scope=scope)
    findings = reading.findings(order) if act.name in JUDGED else []
    is_release = act.name == "release"
    account = order.payer_account
    told = funds.of_account(account.pk) if is_release else None
    waits_for_funding = bool(linked.waiting([order.pk]))  # a later leg: funds are looked for then
    is_blocked = told is not None and not told.is_known and not waits_for_funding
    arrival = forecast(order, now=clock.now()).text
    shown = showing.one(order, act=act.name, findings=findings, arrival=arrival, is_first=first)
    token = ""
    if not is_blocked:
        token = confirming.issue(act=act.name, items=items, actor=person(request), shown=shown)
    return {
        "order": order,
        "act": act,
        "items": packed(items),
        "token": token,
        "sign": None if is_blocked else key_shown(request, act, items, token),
        "back": _back(request, order),
        "desk": request.GET.get("desk", ""),
        "must_tick": act.name == "approve"
        and any(hit.level in ("tick", "hold") for hit in findings),
        "hits": comparing.of_findings(order, findings, scope=scope),
        "choices": comparing.payee_choices(order) if act.name == "reissue" else [],
        "last": comparing.since_last(order, scope=scope) if act.name in JUDGED else None,
        "arrival": arrival,
        "funds": told,
        "left": told.free - order.amount if told else None,
        "blocked": is_blocked,
        "without_balance": [
            {"account_id": account.pk, "name": account.name, "number": account.number}
        ],
        "retype": retype_name(order) if is_release and first else "",
        "new_payee": _("首次付款") if first else "",
        "timeline": [node for node in reading.timeline(order, scope=scope) if not node.future],
    }


def _back(request: HttpRequest, order: PaymentOrder) -> str:
    desk = request.GET.get("desk") or request.POST.get("desk")
    if desk in PAGES:
        return reverse(f"payments:{DESK_NAMES.get(desk, desk)}")
    return reverse("payments:order", args=[order.order_no])


@require_http_methods(["GET", "POST"])
def act_on_order(request: HttpRequest, order_no: str, name: str) -> HttpResponse:
    """The confirm dialog of one order, and the act itself."""
    scope, act = scope_in(request), act_of(name)
    order = selectors.get_order(order_no, scope=scope)
    if request.method == "POST":
        return _act_now(request, order, act)
    if act not in offered(order, scope=scope):
        raise NotAllowed("当前状态或您的权限不允许此操作", "not offered now", code="not_offered")
    return _confirm_page(request, order, act)


def _confirm_page(
    request: HttpRequest, order: PaymentOrder, act: Act, *, error: NotAllowed | None = None
) -> HttpResponse:
    context = _confirm_context(request, order, act)
    context["sign_error"] = error.message if error else ""
    status = error.status if error else 200
    return render(request, "payments/confirm.html", context, status=status)


def _act_now(request: HttpRequest, order: PaymentOrder, act: Act) -> HttpResponse:
    items = read_items(request)
    if [item[0] for item in items] != [order.pk]:
        raise InvalidInput(
            "确认内容不属于此付款单", "the confirmation is for another order", code="token_mismatch"
        )
    try:
        result = confirm(request, act, items)
    except TYPE_AGAIN as error:
        if wants_json(request):
            raise
        return _confirm_page(request, order, act, error=error)
    if wants_json(request):
        return JsonResponse({"done": result.done, "refused": result.refused})
    if result.refused:
        messages.error(request, f"{order.order_no}：{result.refused[0][1]}")
        return HttpResponseRedirect(reverse("payments:order", args=[order.order_no]))
    messages.success(
        request, f"{order.order_no} {act.verb}：{order.payee_name} {order.amount:,.2f}"
    )
    return HttpResponseRedirect(_back(request, order))


@require_http_methods(["POST"])
def ask(request: HttpRequest, order_no: str) -> HttpResponse:
    """立即查询: the bank is asked at the next turn of the inquiry."""
    order = selectors.get_order(order_no, scope=scope_in(request))
    scope_in(request).demand("payments.inquire", order.company_id)
    try:
        asking.ask_now(instruction_id=order.instruction_id or 0, actor=person(request))
    except DomainError as error:
        messages.warning(request, said(error))
    else:
        messages.success(request, _("已安排立即查询，结果数秒内更新。"))
    return HttpResponseRedirect(reverse("payments:order", args=[order.order_no]))
