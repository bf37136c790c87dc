"""Confirm pages and the acts behind them: one order, or many at once. Nothing happens without a one-time token."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from desk.words import words_of
from kernel import clock
from kernel.errors import DomainError, InvalidInput, NotAllowed, NotFound
from kernel.scope import Scope
from masterdata import selectors as master
from payments import checks, reading, routing, selectors
from payments.acts import Act, offered
from payments.models import PaymentOrder
from payments.outcomes import BulkResult
from payments.services import asking, confirming, orders
from payments.services.releasing import route_of
from payments.views.lists import PAGES

if TYPE_CHECKING:
    from masterdata.models import User

BULK_MAX = 2000
Item = tuple[int, int, str]

_SINGLE: dict[str, Callable[..., Any]] = {
    "submit": lambda one, actor, note: orders.submit_order(
        order_id=one[0], version=one[1], actor=actor
    ),
    "return": lambda one, actor, why: orders.return_to_maker(
        order_id=one[0], version=one[1], actor=actor, why=why
    ),
    "void": lambda one, actor, why: orders.void_order(
        order_id=one[0], version=one[1], actor=actor, why=why
    ),
    "cancel": lambda one, actor, why: orders.cancel_order(
        order_id=one[0], version=one[1], actor=actor, why=why
    ),
    "lift": lambda one, actor, why: orders.lift_hold(
        order_id=one[0], version=one[1], actor=actor, why=why
    ),
    "reissue": lambda one, actor, why: orders.reissue_order(
        order_id=one[0], version=one[1], actor=actor, why=why
    ),
}
_BULK: dict[str, Callable[..., BulkResult]] = {
    "submit": orders.submit_orders,
    "check": orders.check_orders,
    "approve": orders.approve_orders,
    "release": orders.release_orders,
}
_ONE_BY_ONE = frozenset({"return", "void", "lift"})


def wants_json(request: HttpRequest) -> bool:
    """Whether the caller is a program."""
    accepted = request.headers.get("Accept", "")
    return "application/json" in accepted and "text/html" not in accepted


def scope_in(request: HttpRequest) -> Scope:
    """The viewer's scope, as the middleware set it."""
    return request.scope  # type: ignore[attr-defined,no-any-return]  # set by the scope middleware


def person(request: HttpRequest) -> User:
    """Who is signed in; every page here asks for it."""
    return request.user  # type: ignore[return-value]  # login_required stands before every view


def _act(name: str) -> Act:
    act = reading.act_named(name)
    if act is None:
        raise NotFound("act")
    return act


def _do(act: Act, items: Sequence[Item], actor: Any, note: str) -> BulkResult:
    """The act for each item; what cannot be done is reported by row."""
    if act.name in _BULK:
        return _BULK[act.name](items=items, actor=actor, note=note)
    done: list[int] = []
    refused: list[tuple[int, str]] = []
    for one in items:
        try:
            _SINGLE[act.name](one, actor, note)
        except DomainError as error:
            refused.append((one[0], error.message))
        else:
            done.append(one[0])
    return BulkResult(done, refused)


def _why(request: HttpRequest, act: Act) -> str:
    why = request.POST.get("why", "").strip()[:200]
    if act.wants_why and len(why) < 2:
        raise InvalidInput("请填写原因", "a reason is wanted", field="why")
    return why


# --- one order -------------------------------------------------------------------------------------------------------


def _findings(order: PaymentOrder) -> list[Any]:
    today = clock.today()
    return checks.duplicates(
        order, selectors.twins([order], today=today), today=today, calendar=master.calendar()
    )


def _arrival(order: PaymentOrder) -> str:
    route = route_of(order, clock.now())
    names = {
        "INTRA": _("行内"),
        "IBPS": _("网银互联"),
        "BEPS": _("小额支付"),
        "HVPS": _("大额支付"),
    }
    words = {
        "INTRA": _("实时"),
        "IBPS": _("实时"),
        "BEPS": _("当日，最迟次一工作日"),
        "HVPS": _("当日"),
    }
    if isinstance(route, routing.Refuse):
        return route.why
    if isinstance(route, routing.Wait):
        return _("%(route)s，%(when)s 发送：%(why)s") % {
            "route": names.get(route.name, route.name),
            "when": f"{route.until:%Y-%m-%d %H:%M}",
            "why": route.why,
        }
    return f"{names.get(route.name, route.name)} · {words.get(route.name, '')}"


def _confirm_context(request: HttpRequest, order: PaymentOrder, act: Act) -> dict[str, Any]:
    scope = scope_in(request)
    first = reading.is_first_payment(order, scope=scope)
    items = [(order.pk, order.version, order.content_hash)]
    return {
        "order": order,
        "act": act,
        "token": confirming.issue(act=act.name, items=items, actor=request.user),  # type: ignore[arg-type]  # signed in
        "back": _back(request, order),
        "desk": request.GET.get("desk", ""),
        "findings": _findings(order)
        if act.name in ("submit", "check", "approve", "release", "lift")
        else [],
        "arrival": _arrival(order),
        "retype": "yes" if act.name == "release" and first else "",
        "new_payee": _("首次付款") if first else "",
        "timeline": [node for node in reading.timeline(order, scope=scope) if not node.future],
    }


def _back(request: HttpRequest, order: PaymentOrder) -> str:
    desk = request.GET.get("desk") or request.POST.get("desk")
    if desk in PAGES:
        return reverse(f"payments:{_DESK_NAMES.get(desk, desk)}")
    return reverse("payments:order", args=[order.order_no])


_DESK_NAMES = {
    "check": "check_desk",
    "approve": "approve_desk",
    "release": "release_desk",
    "lift": "held",
    "submit": "drafts",
}


@require_http_methods(["GET", "POST"])
def act_on_order(request: HttpRequest, order_no: str, name: str) -> HttpResponse:
    """The confirm dialog of one order, and the act itself."""
    scope, act = scope_in(request), _act(name)
    order = selectors.get_order(order_no, scope=scope)
    if request.method == "POST":
        return _act_now(request, order, act)
    if act not in offered(order, scope=scope):
        raise NotAllowed("当前状态或您的权限不允许此操作", "not offered now", code="not_offered")
    context = _confirm_context(request, order, act)
    context["items"] = f"{order.pk}:{order.version}:{order.content_hash}"
    return render(request, "payments/confirm.html", context)


def _act_now(request: HttpRequest, order: PaymentOrder, act: Act) -> HttpResponse:
    items = _read_items(request)
    if [item[0] for item in items] != [order.pk]:
        raise InvalidInput(
            "确认内容不属于此付款单", "the confirmation is for another order", code="token_mismatch"
        )
    why = _why(request, act) or request.POST.get("note", "").strip()[:200]
    retyped = request.POST.get("retype")
    if act.name == "release" and reading.is_first_payment(order, scope=scope_in(request)):
        _require_retyped(order, retyped)
    if act.name == "approve" and not request.POST.get("seen_duplicates") and _findings(order):
        raise InvalidInput(
            "请勾选「已核对疑似重复」后再审批",
            "tick that the look-alikes were seen",
            code="seen_duplicates",
        )
    result = confirming.once(
        act=act.name,
        items=items,
        actor=person(request),
        token=request.POST.get("token", ""),
        do=lambda: _do(act, items, person(request), why),
    )
    if wants_json(request):
        return JsonResponse({"done": result.done, "refused": result.refused})
    if result.refused:
        messages.error(request, f"{order.order_no}：{result.refused[0][1]}")
        return HttpResponseRedirect(reverse("payments:order", args=[order.order_no]))
    messages.success(
        request, f"{order.order_no} {act.verb}：{order.payee_name} {order.amount:,.2f}"
    )
    return HttpResponseRedirect(_back(request, order))


def _require_retyped(order: PaymentOrder, retyped: str | None) -> None:
    if retyped is None or retyped.strip() != order.payee_number[-4:]:
        raise InvalidInput(
            "键入的收款账号后 4 位与付款单不符，未执行任何操作",
            "the retyped digits differ: nothing was done",
            code="retype",
            field="retype",
        )


# --- many orders -----------------------------------------------------------------------------------------------------


def _read_items(request: HttpRequest) -> list[Item]:
    """The orders a confirm page showed: `id:version:digest`, separated by semicolons."""
    items = []
    for part in filter(None, request.POST.get("items", "").split(";")):
        pk, _, rest = part.partition(":")
        version, _, digest = rest.partition(":")
        if not (pk.isdigit() and version.isdigit()):
            raise InvalidInput(
                "确认内容无法识别，请重新打开页面", "unreadable items", code="token_mismatch"
            )
        items.append((int(pk), int(version), digest))
    return items


def _chosen(request: HttpRequest, act: Act) -> list[PaymentOrder]:
    """The orders ticked, or all that the desk's filters match."""
    scope = scope_in(request)
    rows = selectors.visible_orders(scope)
    if request.GET.get("all"):
        desk = {"submit": "drafts", "lift": "held"}.get(act.name, act.name)
        page = PAGES[desk][0](scope=scope, given=request.GET.dict())
        rows = rows.filter(pk__in=page.filtered().values("pk")[: BULK_MAX + 1])
    else:
        ids = [
            int(text)
            for part in request.POST.getlist("ids")
            for text in part.split(",")
            if text.isdigit()
        ]
        rows = rows.filter(pk__in=ids[: BULK_MAX + 1])
    found = list(
        rows.select_related("company", "payer_account", "maker").order_by("payer_account_id", "pk")
    )
    if len(found) > BULK_MAX:
        raise InvalidInput(
            f"一次最多处理 {BULK_MAX} 笔，请筛选后分批操作", "too many at once", code="too_many"
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


@require_http_methods(["GET", "POST"])
def bulk(request: HttpRequest, name: str) -> HttpResponse:
    """The confirm page of many orders; with `confirm` and its token, the act itself and what became of each."""
    act = _act(name)
    if name not in _BULK and name not in _ONE_BY_ONE:
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
    currencies = Counter(order.currency for order in good)
    if len(currencies) > 1:
        raise InvalidInput(
            "所选付款单含多个币种，请按币种分别操作", "one currency at a time", code="currencies"
        )
    items = [(order.pk, order.version, order.content_hash) for order in good]
    token = confirming.issue(act=act.name, items=items, actor=person(request))
    packed = ";".join(f"{pk}:{version}:{digest}" for pk, version, digest in items)
    first = reading.first_payments(good, scope=scope)
    if wants_json(request):
        body = {
            "token": token,
            "items": packed,
            "count": len(good),
            "amount": f"{sorted_out.amount:.2f}",
        }
        return JsonResponse(
            {
                **body,
                "currency": next(iter(currencies)),
                "excluded": [row["order_no"] for row in sorted_out.out],
            }
        )
    return render(
        request,
        "payments/bulk_confirm.html",
        {
            "act": act,
            "token": token,
            "items": packed,
            "count": len(good),
            "amount": sorted_out.amount,
            "currency": next(iter(currencies)),
            "payers": sorted_out.payers(),
            "largest": [_payee_row(o) for o in sorted(good, key=lambda o: -o.amount)[:5]],
            "new_payees": [_payee_row(o) for o in good if o.pk in first]
            if act.name == "release"
            else [],
            "held": sorted_out.out,
            "back": reverse(f"payments:{_DESK_NAMES.get(_desk_of(request, act), 'orders')}"),
        },
    )


def _desk_of(request: HttpRequest, act: Act) -> str:
    desk = request.GET.get("desk") or request.POST.get("desk") or act.name
    return desk if desk in _DESK_NAMES else act.name


def _bulk_now(request: HttpRequest, act: Act) -> HttpResponse:
    items = _read_items(request)
    if not items:
        raise InvalidInput("确认内容为空", "nothing to confirm", code="nothing_chosen")
    why = _why(request, act) or request.POST.get("note", "").strip()[:200]
    result = confirming.once(
        act=act.name,
        items=items,
        actor=person(request),
        token=request.POST.get("token", ""),
        do=lambda: _do(act, items, person(request), why),
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
            "back": reverse(f"payments:{_DESK_NAMES.get(act.name, 'orders')}"),
        },
    )


@require_http_methods(["POST"])
def ask(request: HttpRequest, order_no: str) -> HttpResponse:
    """立即查询: the bank is asked at the next turn of the inquiry."""
    order = selectors.get_order(order_no, scope=scope_in(request))
    try:
        asking.ask_now(instruction_id=order.instruction_id or 0, actor=person(request))
    except DomainError as error:
        messages.warning(request, error.message)
    else:
        messages.success(request, _("已安排立即查询，结果数秒内更新。"))
    return HttpResponseRedirect(reverse("payments:order", args=[order.order_no]))
