"""Confirm pages and the acts behind them: one order, or many at once. Nothing happens without a one-time token."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from approvals import services as approvals
from desk.keysets import whole_number
from kernel import clock
from kernel.errors import DomainError, InvalidInput, NotAllowed, NotFound
from kernel.scope import Scope
from masterdata import selectors as master
from masterdata.services.stepup import StepUp, require_stepup
from payments import checks, reading, routing, selectors
from payments.acts import Act, offered
from payments.models import PaymentOrder
from payments.outcomes import BulkResult
from payments.services import asking, confirming, orders
from payments.services.releasing import route_of
from payments.views.lists import PAGES

if TYPE_CHECKING:
    from masterdata.models import User

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
    "resume": lambda one, actor, why: orders.lift_instruction(
        order_id=one[0], version=one[1], actor=actor, why=why
    ),
    "reissue": lambda one, actor, why: orders.reissue_order(
        order_id=one[0], version=one[1], actor=actor, why=why
    ),
}
BULK: dict[str, Callable[..., BulkResult]] = {
    "submit": orders.submit_orders,
    "check": orders.check_orders,
    "approve": orders.approve_orders,
    "release": orders.release_orders,
}
ONE_BY_ONE = frozenset({"return", "void", "lift"})


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


def act_of(name: str) -> Act:
    act = reading.act_named(name)
    if act is None:
        raise NotFound("act")
    return act


def step_up_for(request: HttpRequest, act: Act) -> StepUp | None:
    """The second factor given for this act, where it wants one; raises StepUpNeeded."""
    return require_stepup(request, f"payments.{act.name}") if act.wants_step_up else None


def do(act: Act, items: Sequence[Item], actor: Any, note: str, stepup: StepUp | None) -> BulkResult:
    """The act for each item; what cannot be done is reported by row."""
    if act.name in approvals.WANTS_STEP_UP:
        return BULK[act.name](items=items, actor=actor, note=note, stepup=stepup)
    if act.name in BULK:
        return BULK[act.name](items=items, actor=actor, note=note)
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


def why_of(request: HttpRequest, act: Act) -> str:
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
        return reverse(f"payments:{DESK_NAMES.get(desk, desk)}")
    return reverse("payments:order", args=[order.order_no])


DESK_NAMES = {
    "check": "check_desk",
    "approve": "approve_desk",
    "release": "release_desk",
    "lift": "held",
    "submit": "drafts",
}


@require_http_methods(["GET", "POST"])
def act_on_order(request: HttpRequest, order_no: str, name: str) -> HttpResponse:
    """The confirm dialog of one order, and the act itself."""
    scope, act = scope_in(request), act_of(name)
    order = selectors.get_order(order_no, scope=scope)
    if request.method == "POST":
        return _act_now(request, order, act)
    if act not in offered(order, scope=scope):
        raise NotAllowed("当前状态或您的权限不允许此操作", "not offered now", code="not_offered")
    context = _confirm_context(request, order, act)
    context["items"] = f"{order.pk}:{order.version}:{order.content_hash}"
    return render(request, "payments/confirm.html", context)


def _act_now(request: HttpRequest, order: PaymentOrder, act: Act) -> HttpResponse:
    items = read_items(request)
    if [item[0] for item in items] != [order.pk]:
        raise InvalidInput(
            "确认内容不属于此付款单", "the confirmation is for another order", code="token_mismatch"
        )
    why = why_of(request, act) or request.POST.get("note", "").strip()[:200]
    retyped = request.POST.get("retype")
    if act.name == "release" and reading.is_first_payment(order, scope=scope_in(request)):
        _require_retyped(order, retyped)
    if act.name == "approve" and not request.POST.get("seen_duplicates") and _findings(order):
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


def read_items(request: HttpRequest) -> list[Item]:
    """The orders a confirm page showed: `id:version:digest`, separated by semicolons."""
    items = []
    for part in filter(None, request.POST.get("items", "").split(";")):
        pk, _, rest = part.partition(":")
        version, _, digest = rest.partition(":")
        row, seen = whole_number(pk), whole_number(version)
        if row is None or seen is None:
            raise InvalidInput(
                "确认内容无法识别，请重新打开页面", "unreadable items", code="token_mismatch"
            )
        items.append((row, seen, digest))
    return items


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
