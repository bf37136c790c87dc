"""Pages of one order and one batch, and the form a payment is made with."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from desk.keysets import whole_number
from desk.words import said
from kernel.errors import DomainError, NotFound
from kernel.scope import Scope
from masterdata import selectors as master
from payments import comparing, linked_selectors, live, met, outside_selectors, reading, selectors
from payments.forms import OrderForm
from payments.models import PaymentOrder
from payments.services import adjudicating, orders
from payments.views.confirmed import person, scope_in


def _may_record_outside(order: PaymentOrder, scope: Scope) -> bool:
    is_free = order.state not in ("void", "cancelled", "released")
    is_free = is_free or order.shown_state in ("failed", "returned")
    rights = ("payments.make", "payments.adjudicate")
    return is_free and any(scope.has(right, order.company_id) for right in rights)


MOVING = (
    "queued",
    "sending",
    "accepted",
    "manual_handling",
    "unknown",
)  # the page follows by itself


@require_safe
def order_page(request: HttpRequest, order_no: str) -> HttpResponse:
    """One order: who, how much, to whom, in which state, who is next; its story and its evidence."""
    scope = scope_in(request)
    order = selectors.get_order(order_no, scope=scope)
    may_ask = scope.has("payments.inquire", order.company_id)
    is_open = order.shown_state in ("unknown", "accepted", "manual_handling")
    is_maker = order.maker is not None and order.maker.person_key == scope.person_key
    context = {
        "order": order,
        "desk": request.GET.get("desk", ""),
        "can_ask": may_ask and is_open,
        "is_moving": order.shown_state in MOVING,
        "can_adjudicate": scope.has("payments.adjudicate", order.company_id)
        and order.instruction is not None
        and bool(adjudicating.verdicts(order.instruction)),
        "adjudications": selectors.visible_adjudications(scope).filter(instruction__order=order),
        "can_edit": is_maker and order.shown_state in ("draft", "rejected"),
        "can_see_bank": scope.has("exchanges.read"),
        "can_export": scope.has("evidence.export", order.company_id),
        "linked": linked_selectors.linked_of(order.pk),
        "outside": outside_selectors.open_outside(order.pk),
        "can_record_outside": _may_record_outside(order, scope),
        "hits": comparing.of_history(order, scope=scope),
        "last": comparing.since_last(order, scope=scope),
        "payee_now": comparing.payee_now(order),
        **reading.story(order, scope=scope),
    }
    context |= {
        "can_see_rules": scope.has("strategy.view"),
        "matrix_row": met.matrix_row(order),
        "met": met.met_by(context["attempts"]),
    }
    return render(request, "payments/order.html", context)


@require_safe
def batch_page(request: HttpRequest, batch_no: str) -> HttpResponse:
    """One batch: counts and sums by item state, and the items."""
    scope = scope_in(request)
    rows = selectors.visible_batches(scope).filter(batch_no=batch_no)
    batch = rows.select_related("company", "payer_account", "connection").first()
    if batch is None:
        raise NotFound("batch")
    items = list(
        selectors.visible_instructions(scope)
        .filter(batch=batch)
        .select_related("order")
        .order_by("pk")
    )
    sums: dict[str, list[Any]] = {}
    for item in items:
        one = sums.setdefault(item.state, [item.state, 0, 0])
        one[1] += 1
        one[2] += item.amount
    states = {state: count for state, count, _amount in sums.values()}
    context = {
        "batch": batch,
        "items": items,
        "sums": list(sums.values()),
        "view": selectors.batch_view(states) if states else "open",
        "can_see_bank": scope.has("exchanges.read"),
    }
    return render(request, "payments/batch.html", context)


def payee_of(request: HttpRequest) -> Any:
    """The confirmed payee account the page was opened for, or None."""
    chosen = whole_number(request.POST.get("payee") or request.GET.get("payee") or "")
    return (
        master.visible_payees(scope_in(request)).filter(pk=chosen, state="confirmed").first()
        if chosen is not None
        else None
    )


def found_payees(request: HttpRequest) -> list[Any]:
    """Payees the search box of the page finds, at most 20."""
    query = request.GET.get("q", "").strip()[:60]
    if not query:
        return []
    rows = master.visible_payees(scope_in(request)).filter(state="confirmed")
    columns = ("name", "number", "counterparty__code", "counterparty__pinyin")
    return list(master.matching(rows, query, *columns)[:20])


def _form_page(
    request: HttpRequest, form: OrderForm, payee: Any, order: PaymentOrder | None, error: Any
) -> HttpResponse:
    context = {
        "form": form,
        "payee": payee,
        "found": found_payees(request),
        "query": request.GET.get("q", ""),
        "order": order,
        "error": error,
        "checks": live.checks(
            form.request(payee) if payee and form.is_bound and form.is_valid() else None,
            scope=scope_in(request),
        ),
    }
    return render(request, "payments/order_form.html", context, status=422 if error else 200)


@require_http_methods(["GET", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    """A new payment."""
    scope_in(request).demand("payments.make")
    return _make(request, None)


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, order_no: str) -> HttpResponse:
    """Change a draft or a returned order."""
    order = selectors.get_order(order_no, scope=scope_in(request))
    scope_in(request).demand("payments.make", order.company_id)
    return _make(request, order)


def _make(request: HttpRequest, order: PaymentOrder | None) -> HttpResponse:
    scope = scope_in(request)
    payee = payee_of(request) or (order.payee_account if order else None)
    if request.method == "GET":
        return _form_page(request, OrderForm.of(order, scope=scope), payee, order, None)
    form = OrderForm(request.POST, scope=scope)
    if not form.is_valid() or payee is None or request.POST.get("do") == "check":
        error = None if payee else _("请先选择收款方")
        return _form_page(request, form, payee, order, error)
    try:
        if order is None:
            made = orders.create_order(request=form.request(payee), maker=person(request))
        else:
            planned = order.schedule.code if order.schedule is not None else ""
            made = orders.edit_order(
                order_id=order.pk,
                version=whole_number(request.POST.get("version", "")) or 0,
                request=replace(form.request(payee), schedule_code=planned),
                actor=person(request),
            )
    except DomainError as error:
        return _form_page(request, form, payee, order, said(error))
    if request.POST.get("do") == "submit":
        return HttpResponseRedirect(reverse("payments:act", args=[made.order_no, "submit"]))
    messages.success(request, _("草稿已保存：%(no)s") % {"no": made.order_no})
    return HttpResponseRedirect(reverse("payments:order", args=[made.order_no]))


@require_http_methods(["POST"])
def check_live(request: HttpRequest) -> HttpResponse:
    """The right rail of the form while it is filled in."""
    scope_in(request).demand("payments.make")
    payee, form = payee_of(request), OrderForm(request.POST, scope=scope_in(request))
    asked = form.request(payee) if payee and form.is_valid() else None
    return render(
        request, "payments/_checks.html", {"checks": live.checks(asked, scope=scope_in(request))}
    )
