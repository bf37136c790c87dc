"""Recurring payments: the plans, one of them date by date, and its decisions; and payments to payees typed freely."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from desk.filters import CompanyFilter, Filter, TextFilter
from desk.keysets import whole_number
from desk.pages import ListPage, render_list
from desk.rows import Column, Row
from desk.words import said
from kernel import clock
from kernel.errors import DomainError, InvalidInput
from kernel.scope import Scope
from payments import schedule_selectors
from payments.forms import ScheduleForm, TypedForm
from payments.models import PaymentOrder, RecurringSchedule
from payments.services import orders, schedules
from payments.services.schedules import Plan
from payments.views.columns import companies
from payments.views.confirmed import person, scope_in
from payments.views.pages import found_payees, payee_of


def _link(row: Row) -> str:
    return reverse("payments:schedule", args=[row["code"]])


class ScheduleList(ListPage):
    """Recurring payments, newest first."""

    key, title = "payments.schedules", _("周期付款")
    caption = _("房租等定期付款按计划日期与金额逐笔制单；只有计划内的那一笔不按重复付款处理。")
    columns = (
        Column("code", _("计划号"), kind="code", link=_link, is_key=True),
        Column("title", _("计划名称")),
        Column("state", _("状态"), kind="state"),
        Column("company__short_name", _("付款公司")),
        Column("payee_account__name", _("收款户名")),
        Column("payee_account__number", _("收款账号"), kind="account"),
        Column("amount", _("每次金额"), kind="money", note="currency"),
        Column("dates", _("期数"), value=lambda row: len(row["dates"]), needs=("dates",)),
        Column("made_by__display_name", _("提出人")),
        Column("created_at", _("提出时间"), kind="datetime"),
    )
    filters: tuple[Filter, ...] = (
        CompanyFilter("company", _("公司"), "company_id", choices=companies),
        TextFilter("number", _("计划号"), fields=("code",), exact=True),
    )
    order = "-id"
    empty_title = _("还没有周期付款计划")

    def base(self, scope: Scope) -> QuerySet[RecurringSchedule]:
        """Plans of the viewer's companies."""
        return schedule_selectors.visible_schedules(scope)

    def row_url(self, row: Row) -> str:
        """Its page."""
        return _link(row)


@require_safe
def schedule_list(request: HttpRequest) -> HttpResponseBase:
    """The list."""
    may = scope_in(request).has("payments.make")
    return render_list(request, ScheduleList, "payments/schedules.html", {"can_make": may})


@require_http_methods(["GET", "POST"])
def schedule_new(request: HttpRequest) -> HttpResponse:
    """A new plan."""
    payee = payee_of(request)
    form = ScheduleForm(request.POST or None, scope=scope_in(request))
    error = ""
    if request.method == "POST" and payee is None:
        error = _now("请先选择收款方")
    elif request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        plan = Plan(
            title=given["title"],
            payer_account_id=int(given["account"]),
            payee_account_id=payee.pk,
            amount=given["amount"],
            purpose=given["purpose"],
            dates=given["dates"],
        )
        try:
            made = schedules.propose_schedule(plan=plan, actor=person(request))
        except DomainError as refusal:
            error = said(refusal)
        else:
            messages.success(request, _now("已提交，等待另一人确认"))
            return redirect("payments:schedule", made.code)
    context = {
        "form": form,
        "payee": payee,
        "error": error,
        "found": found_payees(request),
        "query": request.GET.get("q", ""),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "payments/schedule_form.html", context, status=status)


@dataclass(frozen=True)
class _Day:
    """One planned date and the order it became."""

    day: date
    order: PaymentOrder | None


@require_safe
def schedule(request: HttpRequest, code: str) -> HttpResponse:
    """One plan, date by date."""
    scope = scope_in(request)
    plan = schedule_selectors.get_schedule(code, scope=scope)
    made = schedule_selectors.orders_by_day(plan)
    is_own = plan.made_by.person_key == scope.person_key
    can_check = scope.has("payments.check", plan.company_id)
    can_make = scope.has("payments.make", plan.company_id)
    context = {
        "plan": plan,
        "days": [_Day(date.fromisoformat(day), made.get(day)) for day in plan.dates],
        "is_own": is_own,
        "can_decide": plan.state == "staged" and can_check and not is_own,
        "can_draft": plan.state == "confirmed" and can_make,
        "can_close": plan.state == "confirmed" and (can_make or can_check),
    }
    return render(request, "payments/schedule.html", context)


def _asked(request: HttpRequest, code: str) -> tuple[RecurringSchedule, int]:
    plan = schedule_selectors.get_schedule(code, scope=scope_in(request))
    return plan, whole_number(request.POST.get("version", "")) or 0


@require_POST
def schedule_decide(request: HttpRequest, code: str) -> HttpResponse:
    """The second person's word on a plan."""
    plan, version = _asked(request, code)
    confirm = request.POST.get("decision") == "confirm"
    schedules.decide_schedule(
        schedule_id=plan.pk,
        version=version,
        confirm=confirm,
        actor=person(request),
        why=request.POST.get("why", ""),
    )
    messages.success(request, _now("计划已生效") if confirm else _now("计划已拒绝"))
    return redirect("payments:schedule", code)


@require_POST
def schedule_close(request: HttpRequest, code: str) -> HttpResponse:
    """End a plan."""
    plan, version = _asked(request, code)
    schedules.close_schedule(
        schedule_id=plan.pk,
        version=version,
        actor=person(request),
        why=request.POST.get("why", ""),
    )
    messages.success(request, _now("计划已停用"))
    return redirect("payments:schedule", code)


@require_POST
def schedule_draft(request: HttpRequest, code: str) -> HttpResponse:
    """The draft of one planned date."""
    plan, _version = _asked(request, code)
    try:
        day = date.fromisoformat(request.POST.get("day", ""))
    except ValueError:
        raise InvalidInput("请选择计划日期", "which planned date?", field="day") from None
    made = schedules.draft_planned(schedule_id=plan.pk, day=day, actor=person(request))
    return redirect("payments:order", made.order_no)


@require_http_methods(["GET", "POST"])
def typed(request: HttpRequest) -> HttpResponse:
    """A payment to a payee the master data lacks."""
    scope = scope_in(request)
    initial: dict[str, Any] = {"wish_date": clock.today()}
    form = TypedForm(request.POST or None, initial=initial, scope=scope)
    error = ""
    if request.method == "POST" and form.is_valid():
        try:
            made = orders.create_order(request=form.typed(), maker=person(request))
        except DomainError as refusal:
            error = said(refusal)
        else:
            messages.success(request, _now("草稿已保存：%(no)s") % {"no": made.order_no})
            return HttpResponseRedirect(reverse("payments:order", args=[made.order_no]))
    status = 422 if request.method == "POST" else 200
    context = {"form": form, "error": error}
    return render(request, "payments/typed_form.html", context, status=status)
