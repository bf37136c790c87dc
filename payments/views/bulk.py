"""Confirm page of many orders at once, the act itself, and what became of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from desk.pages import PICKED_MAX, picked_ids
from desk.words import words_of
from kernel import clock
from kernel.errors import InvalidInput, NotFound
from kernel.scope import Scope
from masterdata import selectors as master
from payments import checks, reading, selectors
from payments.acts import Act, offered
from payments.models import PaymentOrder
from payments.services import confirming
from payments.views.acts import (
    BULK,
    DESK_NAMES,
    ONE_BY_ONE,
    act_of,
    do,
    person,
    read_items,
    scope_in,
    step_up_for,
    wants_json,
    why_of,
)
from payments.views.lists import PAGES


def _chosen(request: HttpRequest, act: Act) -> list[PaymentOrder]:
    """The orders ticked, or all that the desk's filters match."""
    scope = scope_in(request)
    rows = selectors.visible_orders(scope)
    if request.GET.get("all"):
        desk = {"submit": "drafts", "lift": "held"}.get(act.name, act.name)
        page = PAGES[desk][0](scope=scope, given=request.GET.dict())
        rows = rows.filter(pk__in=page.filtered().values("pk")[: PICKED_MAX + 1])
    else:
        rows = rows.filter(pk__in=picked_ids(request.POST))
    found = list(
        rows.select_related("company", "payer_account", "maker").order_by("payer_account_id", "pk")
    )
    if len(found) > PICKED_MAX:
        raise InvalidInput(
            f"一次最多处理 {PICKED_MAX} 笔，请筛选后分批操作", "too many at once", code="too_many"
        )
    if not found:
        raise InvalidInput("请先勾选付款单", "nothing chosen", code="nothing_chosen")
    return found


@dataclass
class _Payer:
    """What a bulk act takes from one payer account."""

    name: str
    number: str
    count: int = 0
    amount: Decimal = Decimal(0)


@dataclass
class _Bulk:
    """What a bulk confirm page shows."""

    good: list[PaymentOrder] = field(default_factory=list)
    out: list[dict[str, Any]] = field(default_factory=list)

    @property
    def amount(self) -> Decimal:
        """Sum of the included orders."""
        return sum((order.amount for order in self.good), Decimal(0))

    def payers(self) -> list[_Payer]:
        """Count and sum per payer account."""
        found: dict[str, _Payer] = {}
        for order in self.good:
            account = order.payer_account
            one = found.setdefault(account.number, _Payer(account.name, account.number))
            one.count += 1
            one.amount += order.amount
        return list(found.values())


def _sort_out(chosen: Sequence[PaymentOrder], act: Act, scope: Scope) -> _Bulk:
    bulk = _Bulk()
    for order in chosen:
        if act in offered(order, scope=scope):
            bulk.good.append(order)
            continue
        state = words_of(order.shown_state).word
        bulk.out.append(
            {
                "order_no": order.order_no,
                "payee_name": order.payee_name,
                "amount": order.amount,
                "reason": _("状态为「%(state)s」或您无权操作") % {"state": state},
            }
        )
    return bulk


def _payee_row(order: PaymentOrder) -> dict[str, Any]:
    return {
        "payee_name": order.payee_name,
        "payee_account": order.payee_number,
        "amount": order.amount,
    }


def _one_currency(orders: Sequence[PaymentOrder]) -> str:
    currencies = Counter(order.currency for order in orders)
    if len(currencies) > 1:
        raise InvalidInput(
            "所选付款单含多个币种，请按币种分别操作", "one currency at a time", code="currencies"
        )
    return next(iter(currencies))


@require_http_methods(["GET", "POST"])
def bulk(request: HttpRequest, name: str) -> HttpResponse:
    """The confirm page of many orders; with `confirm` and its token, the act itself and what became of each."""
    act = act_of(name)
    if name not in BULK and name not in ONE_BY_ONE:
        raise NotFound("act")
    if request.method == "POST" and request.POST.get("confirm"):
        return _bulk_now(request, act)
    scope = scope_in(request)
    sorted_out = _sort_out(_chosen(request, act), act, scope)
    good = sorted_out.good
    if not good:
        raise InvalidInput(
            "所选付款单都不能执行此操作，页面可能已过期", "none can be done", code="nothing_chosen"
        )
    currency = _one_currency(good)
    items = [(order.pk, order.version, order.content_hash) for order in good]
    token = confirming.issue(act=act.name, items=items, actor=person(request))
    packed = ";".join(f"{pk}:{version}:{digest}" for pk, version, digest in items)
    first = reading.first_payments(good, scope=scope)
    if wants_json(request):
        amount, excluded = f"{sorted_out.amount:.2f}", [row["order_no"] for row in sorted_out.out]
        body = {"token": token, "items": packed, "count": len(good), "amount": amount}
        return JsonResponse({**body, "currency": currency, "excluded": excluded})
    return render(
        request,
        "payments/bulk_confirm.html",
        {
            "act": act,
            "token": token,
            "items": packed,
            "count": len(good),
            "amount": sorted_out.amount,
            "currency": currency,
            "payers": sorted_out.payers(),
            "largest": [_payee_row(o) for o in sorted(good, key=lambda o: -o.amount)[:5]],
            "new_payees": [_payee_row(o) for o in good if o.pk in first]
            if act.name == "release"
            else [],
            "held": sorted_out.out,
            "look_alikes": _look_alikes(act, good),
            "back": reverse(f"payments:{DESK_NAMES.get(_desk_of(request, act), 'orders')}"),
        },
    )


def _desk_of(request: HttpRequest, act: Act) -> str:
    desk = request.GET.get("desk") or request.POST.get("desk") or act.name
    return desk if desk in DESK_NAMES else act.name


def _look_alikes(act: Act, chosen: Sequence[PaymentOrder]) -> list[PaymentOrder]:
    """Orders an approver must have compared with another one: the tick of the single page holds for many as well."""
    if act.name != "approve":
        return []
    today, calendar = clock.today(), master.calendar()
    twins = selectors.twins(chosen, today=today)
    return [
        order for order in chosen if checks.duplicates(order, twins, today=today, calendar=calendar)
    ]


def _bulk_now(request: HttpRequest, act: Act) -> HttpResponse:
    items = read_items(request)
    if not items:
        raise InvalidInput("确认内容为空", "nothing to confirm", code="nothing_chosen")
    why = why_of(request, act) or request.POST.get("note", "").strip()[:200]
    chosen = selectors.visible_orders(scope_in(request)).filter(pk__in=[item[0] for item in items])
    if not request.POST.get("seen_duplicates") and _look_alikes(act, list(chosen)):
        raise InvalidInput(
            "请勾选「已核对疑似重复」后再审批",
            "tick that the look-alikes were seen",
            code="seen_duplicates",
        )
    stepup = step_up_for(request, act)
    result = confirming.once(
        act=act.name,
        items=items,
        actor=person(request),
        token=request.POST.get("token", ""),
        do=lambda: do(act, items, person(request), why, stepup),
    )
    if wants_json(request):
        return JsonResponse({"done": result.done, "refused": result.refused})
    rows = selectors.visible_orders(scope_in(request)).filter(pk__in=[item[0] for item in items])
    by_id = {order.pk: order for order in rows}
    done = [by_id[pk] for pk in result.done if pk in by_id]
    return render(
        request,
        "payments/bulk_result.html",
        {
            "act": act,
            "done_count": len(result.done),
            "done_amount": sum((order.amount for order in done), Decimal(0)),
            "currency": done[0].currency if done else "CNY",
            "refused": [(by_id.get(pk), why) for pk, why in result.refused],
            "back": reverse(f"payments:{DESK_NAMES.get(act.name, 'orders')}"),
        },
    )
