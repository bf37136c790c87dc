"""Confirm page of many orders at once, the act itself, and what became of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
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
from kernel.errors import InvalidInput, NotAllowed
from kernel.scope import Scope
from payments import funds, reading, selectors, showing
from payments.acts import Act, offered
from payments.models import PaymentOrder
from payments.services import confirming, linked
from payments.views.acts import DESK_NAMES, act_of, wants_json
from payments.views.confirmed import (
    BULK,
    ONE_BY_ONE,
    TYPE_AGAIN,
    confirm,
    items_of,
    key_shown,
    must_be_seen,
    packed,
    person,
    read_items,
    retype_name,
    retyped,
    scope_in,
)
from payments.views.lists import PAGES

ACTS_OF_MANY = frozenset(BULK) | ONE_BY_ONE


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
    """What a bulk act takes from one payer account, and what the account has."""

    account_id: int
    name: str
    number: str
    funds: funds.Funds
    count: int = 0
    amount: Decimal = Decimal(0)

    @property
    def left(self) -> Decimal:
        """What remains after these payments."""
        return self.funds.free - self.amount


@dataclass
class _Bulk:
    """What a bulk confirm page shows; the digits typed for first payments go along to the act."""

    good: list[PaymentOrder] = field(default_factory=list)
    out: list[dict[str, Any]] = field(default_factory=list)
    first: list[PaymentOrder] = field(default_factory=list)
    typed: dict[str, str] = field(default_factory=dict)
    payers: dict[int, _Payer] = field(default_factory=dict)

    @property
    def amount(self) -> Decimal:
        """Sum of the included orders."""
        return sum((order.amount for order in self.good), Decimal(0))

    def leave_out(self, order: PaymentOrder, reason: str) -> None:
        """This order is shown with the reason why it does not go along."""
        row = {"order_no": order.order_no, "payee_name": order.payee_name, "amount": order.amount}
        self.out.append({**row, "reason": reason})

    def take(self, order: PaymentOrder) -> None:
        """This order goes along."""
        self.good.append(order)
        payer = self.payers[order.payer_account_id]
        payer.count += 1
        payer.amount += order.amount

    def payer_of(self, order: PaymentOrder) -> _Payer:
        """The order's payer account, looked up once."""
        account = order.payer_account
        if account.pk not in self.payers:
            told = funds.of_account(account.pk)
            self.payers[account.pk] = _Payer(account.pk, account.name, account.number, told)
        return self.payers[account.pk]

    @property
    def without_balance(self) -> list[_Payer]:
        """Accounts nothing may be released from, because no balance was ever told."""
        return [payer for payer in self.payers.values() if not payer.funds.is_known]


def _is_typed(posted: Mapping[str, Any]) -> bool:
    """Whether the form carries the digits of first payments: from the page that asks for them, or the confirm page itself."""
    return bool(posted.get("retyped") or posted.get("confirm"))


def _sort_out(
    chosen: Sequence[PaymentOrder], act: Act, scope: Scope, posted: Mapping[str, Any]
) -> _Bulk:
    """Who goes along, who does not and why. With `retyped` in the form, first payments left blank stay behind."""
    bulk, is_release = _Bulk(), act.name == "release"
    able = [order for order in chosen if act in offered(order, scope=scope)]
    first = reading.first_payments(able, scope=scope) if is_release else []
    new, may = {order.pk for order in first}, {order.pk for order in able}
    later = linked.waiting(list(may)) if is_release else {}  # later legs: funds are looked for then
    for order in chosen:
        payer = bulk.payer_of(order)
        if order.pk not in may:
            state = words_of(order.shown_state).word
            bulk.leave_out(order, _("状态为「%(state)s」或您无权操作") % {"state": state})
        elif is_release and not payer.funds.is_known and order.pk not in later:
            bulk.leave_out(order, _("付款账户尚未取得余额"))
        elif order.pk in new and _is_typed(posted) and not retyped(order, posted):
            bulk.leave_out(order, _("首次付款，未键入收款账号后 4 位"))
        else:
            bulk.take(order)
            bulk.first += [order] if order.pk in new else []
    if _is_typed(posted):
        bulk.typed = {retype_name(order): retyped(order, posted) for order in bulk.first}
    return bulk


def _payee_row(order: PaymentOrder) -> dict[str, Any]:
    return {
        "payee_name": order.payee_name,
        "payee_account": order.payee_number,
        "amount": order.amount,
    }


def _payees(orders: Sequence[PaymentOrder]) -> list[dict[str, Any]]:
    """One row a payee account: how many of these payments it gets, and their sum."""
    rows: dict[str, dict[str, Any]] = {}
    for order in orders:
        more = {"payee_bank": order.payee_bank, "field": retype_name(order), "count": 0}
        blank = {**_payee_row(order), "amount": Decimal(0), **more}
        row = rows.setdefault(order.payee_number, blank)
        row["count"] += 1
        row["amount"] += order.amount
    return list(rows.values())


def _one_currency(orders: Sequence[PaymentOrder]) -> str:
    currencies = Counter(order.currency for order in orders)
    if len(currencies) > 1:
        raise InvalidInput(
            "所选付款单含多个币种，请按币种分别操作", "one currency at a time", code="currencies"
        )
    return next(iter(currencies))


@require_http_methods(["GET", "POST"])
def bulk(request: HttpRequest, name: str) -> HttpResponse:
    """The confirm page of many orders; with `confirm` and its token, the act itself and what became of each.

    A release with first payments is asked for their last digits before that page; those left blank are not in it.
    """
    act = act_of(name)
    if request.method == "POST" and request.POST.get("confirm"):
        return _bulk_now(request, act)
    return _confirm_page(request, act, _chosen(request, act))


def _confirm_page(
    request: HttpRequest,
    act: Act,
    chosen: Sequence[PaymentOrder],
    *,
    error: NotAllowed | None = None,
) -> HttpResponse:
    found = _sort_out(chosen, act, scope_in(request), request.POST)
    back = reverse(f"payments:{DESK_NAMES.get(_desk_of(request, act), 'orders')}")
    if not found.good and not found.without_balance:
        raise InvalidInput(
            "所选付款单都不能执行此操作，页面可能已过期", "none can be done", code="nothing_chosen"
        )
    if wants_json(request):
        return _for_programs(request, act, found)
    context = {"act": act, "bulk": found, "back": back, "held": found.out}
    if not found.good:
        return render(request, "payments/bulk_nothing.html", context)
    if found.first and not _is_typed(request.POST):
        rows = _payees(found.first)
        ids = ",".join(str(order.pk) for order in found.good)
        return render(request, "payments/bulk_retype.html", {**context, "rows": rows, "ids": ids})
    largest = sorted(found.good, key=lambda order: -order.amount)[:5]
    token, items = _token(request, act, found), items_of(found.good)
    return render(
        request,
        "payments/bulk_confirm.html",
        {
            **context,
            "token": token,
            "sign": key_shown(request, act, items, token),
            "sign_error": error.message if error else "",
            "items": packed(items),
            "count": len(found.good),
            "currency": _one_currency(found.good),
            "payers": [payer for payer in found.payers.values() if payer.count],
            "with_funds": act.name == "release",
            "largest": [_payee_row(order) for order in largest],
            "new_payees": _payees(found.first),
            "marked": must_be_seen(act, found.good),
        },
        status=error.status if error else 200,
    )


def _token(request: HttpRequest, act: Act, found: _Bulk) -> str:
    """Leave to do the act once for what this page shows, which is kept with it to be signed."""
    shown = showing.many(
        found.good,
        act=act.name,
        first=found.first,
        look_alikes=[marked.order for marked in must_be_seen(act, found.good)],
        excluded=found.out,
    )
    items = items_of(found.good)
    return confirming.issue(act=act.name, items=items, actor=person(request), shown=shown)


def _for_programs(request: HttpRequest, act: Act, found: _Bulk) -> HttpResponse:
    """The same as JSON; the caller sends each field of `first_payments` with its digits along with the confirmation."""
    if not found.good:
        raise InvalidInput("付款账户尚未取得余额", "no balance was told yet", code="balance")
    items = items_of(found.good)
    return JsonResponse(
        {
            "token": _token(request, act, found),
            "items": packed(items),
            "count": len(items),
            "amount": f"{found.amount:.2f}",
            "currency": _one_currency(found.good),
            "excluded": [row["order_no"] for row in found.out],
            "first_payments": [
                {"field": retype_name(order), "payee_account": order.payee_number}
                for order in found.first
            ],
        }
    )


def _desk_of(request: HttpRequest, act: Act) -> str:
    desk = request.GET.get("desk") or request.POST.get("desk") or act.name
    return desk if desk in DESK_NAMES else act.name


def _bulk_now(request: HttpRequest, act: Act) -> HttpResponse:
    items = read_items(request)
    try:
        result = confirm(request, act, items)
    except TYPE_AGAIN as error:
        if wants_json(request):
            raise
        again = selectors.visible_orders(scope_in(request)).filter(pk__in=[i[0] for i in items])
        chosen = again.select_related("company", "payer_account", "maker")
        return _confirm_page(
            request, act, list(chosen.order_by("payer_account_id", "pk")), error=error
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
