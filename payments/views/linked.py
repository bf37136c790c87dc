"""Linked payments (联动支付): the list, one of them leg by leg, and the form it is made with."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from desk.filters import CompanyFilter, DateRangeFilter, TextFilter
from desk.pages import ListPage, Slice, render_list
from desk.rows import Column, Row
from kernel.errors import DomainError
from kernel.scope import Scope
from payments import linked_rules, linked_selectors
from payments.forms import LinkedForm
from payments.models import LinkedPayment
from payments.services import linked
from payments.views.columns import companies
from payments.views.confirmed import person, scope_in
from payments.views.pages import found_payees, payee_of


def _link(row: Row) -> str:
    return reverse("payments:linked", args=[row["link_no"]])


class LinkedList(ListPage):
    """Linked payments, newest first."""

    key, title = "payments.linked", _("联动付款")
    caption = _("先下拨、再付款、余款上划，按环节依次发送；前一环未成功，后一环不发送。")
    columns = (
        Column("link_no", _("联动单号"), kind="code", link=_link, is_key=True),
        Column("state", _("状态"), kind="state", value=lambda row: row["state"]),
        Column("company__short_name", _("付款公司")),
        Column("purpose", _("用途")),
        Column("legs", _("环节"), value=lambda row: row["steps"]),
        Column("maker__display_name", _("制单人")),
        Column("created_at", _("制单时间"), kind="datetime", sort="created_at"),
    )
    filters = (
        CompanyFilter("company", _("公司"), "company_id", choices=companies),
        DateRangeFilter("day", _("制单日期"), "created_at", moments=True),
        TextFilter("number", _("联动单号"), fields=("link_no",), exact=True),
    )
    empty_title = _("还没有联动付款")

    def base(self, scope: Scope) -> QuerySet[LinkedPayment]:
        """Linked payments of the viewer's companies."""
        return linked_selectors.visible_linked(scope)

    def slice(self) -> Slice:
        """The page, each row with what its legs show."""
        piece = super().slice()
        legs = linked_selectors.legs_of([row["pk"] for row in piece.rows])
        for row in piece.rows:
            own = legs[row["pk"]]
            row["state"] = linked_rules.roll_up([leg.order.shown_state for leg in own])
            done = sum(leg.order.shown_state == "succeeded" for leg in own)
            row["steps"] = f"{done}/{len(own)}"
        return piece

    def row_url(self, row: Row) -> str:
        """Its page."""
        return _link(row)


@require_safe
def linked_list(request: HttpRequest) -> HttpResponseBase:
    """The list."""
    scope_in(request).demand("payments.view")
    may = scope_in(request).has("payments.make")
    return render_list(request, LinkedList, "payments/linked_list.html", {"can_make": may})


@require_safe
def linked_page(request: HttpRequest, link_no: str) -> HttpResponse:
    """One linked payment: its legs in turn, each with its state and why it waits."""
    found = linked_selectors.get_linked(link_no, scope=scope_in(request))
    legs = linked_selectors.legs_of([found.pk])[found.pk]
    state = linked_rules.roll_up([leg.order.shown_state for leg in legs])
    return render(
        request, "payments/linked.html", {"linked": found, "legs": legs, "shown_state": state}
    )


@require_http_methods(["GET", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    """A new linked payment."""
    scope = scope_in(request)
    scope.demand("payments.make")
    payee, error = payee_of(request), ""
    form = LinkedForm(request.POST or None, scope=scope, initial=LinkedForm.defaults())
    if request.method == "POST":
        if payee is None:
            error = _now("请先选择收款方")
        elif form.is_valid():
            try:
                made = linked.create_linked(request=form.linked(payee), maker=person(request))
            except DomainError as refusal:
                error = refusal.message
            else:
                messages.success(
                    request,
                    _now("联动付款 %(no)s 已制单，请逐环提交复核") % {"no": made.link_no},
                )
                return HttpResponseRedirect(reverse("payments:linked", args=[made.link_no]))
    context: dict[str, Any] = {
        "form": form,
        "payee": payee,
        "found": found_payees(request),
        "query": request.GET.get("q", ""),
        "error": error,
    }
    status = 422 if error or form.errors else 200
    return render(request, "payments/linked_form.html", context, status=status)
