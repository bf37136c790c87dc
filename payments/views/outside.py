"""Pages of payments made outside the platform: record one with its proof, and the page where the second person decides."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from desk.filters import ChoiceFilter, CompanyFilter, DateRangeFilter
from desk.keysets import whole_number
from desk.pages import ListPage, render_list
from desk.rows import Column, Row
from desk.words import said
from kernel.errors import DomainError, NotAllowed, NotFound
from kernel.scope import Scope
from masterdata.services.stepup import require_stepup
from payments import outside_selectors, selectors
from payments.forms import OutsideForm
from payments.models import OutsidePayment
from payments.services import outside
from payments.views.columns import companies
from payments.views.confirmed import person, scope_in


def _record_link(row: Row) -> str:
    return reverse("payments:outside", args=[row["pk"]])


class OutsideList(ListPage):
    """Payments made outside the platform, newest first."""

    key, title = "payments.outside", _("平台外支付")
    caption = _("在柜台、网银或以票据支付的付款单；经两人确认后不再支付，并与对账单扣款核对。")
    order = "-proposed_at"
    amount, currency = "order__amount", "order__currency"
    needs = ("order__order_no",)
    columns = (
        Column("order__order_no", _("付款单号"), kind="code", link=_record_link, is_key=True),
        Column("state", _("状态"), kind="state"),
        Column("order__amount", _("金额"), kind="money", note="order__currency"),
        Column("order__payee_name", _("收款户名")),
        Column(
            "channel",
            _("渠道"),
            value=lambda row: OutsidePayment.Channel(row["channel"]).label,
            needs=("channel",),
        ),
        Column("paid_on", _("付款日期"), kind="day", sort="paid_on"),
        Column("bank_serial", _("银行流水号"), kind="code"),
        Column(
            "entry",
            _("对账单扣款"),
            value=lambda row: _now("已核对") if row["entry_id"] else _now("尚未出现"),
            needs=("entry_id",),
        ),
        Column("proposed_by__display_name", _("登记人")),
        Column("proposed_at", _("登记时间"), kind="datetime", sort="proposed_at"),
    )
    filters = (
        CompanyFilter("company", _("公司"), "company_id", choices=companies),
        ChoiceFilter("state", _("状态"), choices=tuple(OutsidePayment.State.choices)),
        DateRangeFilter("day", _("付款日期"), "paid_on"),
    )
    empty_title = _("没有平台外支付的登记")

    def base(self, scope: Scope) -> QuerySet[OutsidePayment]:
        """Records of the viewer's companies."""
        return outside_selectors.visible_outside(scope)

    def row_url(self, row: Row) -> str:
        """Its page."""
        return _record_link(row)


@require_safe
def outside_list(request: HttpRequest) -> HttpResponseBase:
    """The list."""
    scope_in(request).demand("payments.view")
    return render_list(request, OutsideList)


@require_http_methods(["GET", "POST"])
def propose(request: HttpRequest, order_no: str) -> HttpResponse:
    """Say that an order was paid elsewhere, and bring the proof."""
    scope = scope_in(request)
    order = selectors.get_order(order_no, scope=scope)
    if not scope.has("payments.make", order.company_id):
        scope.demand("payments.adjudicate", order.company_id)
    form = OutsideForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = outside.propose_outside(
                order_id=order.pk,
                version=whole_number(request.POST.get("version", "")) or 0,
                proof=form.proof(),
                actor=person(request),
            )
        except (NotFound, NotAllowed):
            raise
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, said(error))
        else:
            messages.success(request, _now("已登记，等待另一人确认"))
            return HttpResponseRedirect(reverse("payments:outside", args=[made.pk]))
    status = 422 if form.errors else 200
    return render(
        request, "payments/outside_form.html", {"order": order, "form": form}, status=status
    )


@require_safe
def record_page(request: HttpRequest, record_id: int) -> HttpResponse:
    """One record: what was said, by whom, the proof, and the second person's choice."""
    scope = scope_in(request)
    found = outside_selectors.get_outside(record_id, scope=scope)
    is_open = found.state == OutsidePayment.State.PROPOSED
    may = is_open and scope.has("payments.adjudicate", found.company_id)
    context: dict[str, Any] = {
        "record": found,
        "order": found.order,
        "may_decide": may and found.proposed_by.person_key != scope.person_key,
        "is_own": is_open and found.proposed_by.person_key == scope.person_key,
    }
    return render(request, "payments/outside.html", context)


@require_POST
def decide(request: HttpRequest, record_id: int) -> HttpResponse:
    """The second person's word."""
    if request.POST.get("decision") == "agree":
        require_stepup(request, "payments.adjudicate")
    try:
        done = outside.decide_outside(
            record_id=record_id,
            version=whole_number(request.POST.get("version", "")) or 0,
            agree=request.POST.get("decision") == "agree",
            actor=person(request),
            note=request.POST.get("note", ""),
        )
    except (NotFound, NotAllowed):
        raise
    except DomainError as error:
        messages.error(request, said(error))
    else:
        messages.success(request, str(done.get_state_display()))
    return HttpResponseRedirect(reverse("payments:outside", args=[record_id]))


@require_safe
def evidence(request: HttpRequest, record_id: int) -> HttpResponse:
    """The proof, as it was brought; always a download, never shown in place."""
    found = outside_selectors.get_outside(record_id, scope=scope_in(request))
    response = HttpResponse(
        outside_selectors.evidence_of(found), content_type="application/octet-stream"
    )
    response.headers["Content-Disposition"] = (
        content_disposition_header(True, found.evidence_name) or "attachment"
    )
    return response
