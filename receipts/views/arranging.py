"""Sales offices and collection schedules: lists, proposals, the second person's decision; and the runs."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from desk.filters import ChoiceFilter, CompanyFilter, DateRangeFilter, Filter, TextFilter
from desk.pages import ListPage, render_list
from desk.rows import Column, Row
from desk.viewing import scope_in
from desk.words import said, words_of
from kernel.errors import DomainError, NotAllowed, NotFound
from kernel.scope import Scope
from masterdata import selectors as master
from receipts import office_selectors
from receipts.forms import OfficeForm, ScheduleForm
from receipts.models import CollectionRun, CollectionSchedule, SalesOffice
from receipts.services import offices, schedules
from receipts.states import RunState
from receipts.views.common import companies, person
from receipts.views.common import offices as office_choices


def _yes(row: Row) -> Any:
    return _("启用") if row["is_active"] else _("停用")


class OfficesPage(ListPage):
    """Sales offices, by code."""

    key, title = "receipts.offices", _("销售办事处")
    caption = _("办事处的收款账户、备用金卡、人员与客户；由总部一人提出、另一人确认后生效。")
    columns = (
        Column("code", _("编码"), kind="code", is_key=True),
        Column("name", _("名称")),
        Column("company__short_name", _("公司")),
        Column("account__number", _("收款账户"), kind="account"),
        Column("card_number", _("备用金卡号"), kind="account"),
        Column("card_holder", _("持卡人")),
        Column("partner__name", _("往来单位"), note="partner__code"),
        Column("is_active", _("状态"), value=_yes, needs=("is_active",)),
    )
    filters: tuple[Filter, ...] = (
        CompanyFilter("company", _("公司"), "company_id", choices=companies),
        TextFilter("q", _("编码 / 名称"), fields=("code", "name")),
    )
    order = "code"
    empty_title = _("还没有销售办事处")

    def base(self, scope: Scope) -> QuerySet[SalesOffice]:
        """Of the viewer's companies."""
        return office_selectors.visible_offices(scope)

    def row_url(self, row: Row) -> str:
        """Its form."""
        return reverse("receipts:office_edit", args=[row["pk"]])


class SchedulesPage(ListPage):
    """Collection schedules."""

    key, title = "receipts.schedules", _("归集计划")
    caption = _("总部设定各办事处账户的取数时间；到时自动取回到款，错过的补做一次。")
    columns = (
        Column("title", _("计划名称"), is_key=True),
        Column("office__name", _("办事处")),
        Column("company__short_name", _("公司")),
        Column("account__number", _("收款账户"), kind="account"),
        Column(
            "times",
            _("时刻"),
            value=lambda row: " ".join(f"{one:%H:%M}" for one in row["times"]),
            needs=("times",),
        ),
        Column(
            "days",
            _("执行日"),
            value=lambda row: dict(CollectionSchedule.Days.choices)[row["days"]],
            needs=("days",),
        ),
        Column(
            "rule",
            _("执行内容"),
            value=lambda row: dict(CollectionSchedule.Rule.choices)[row["rule"]],
            needs=("rule",),
        ),
        Column("valid_from", _("开始"), kind="day"),
        Column("valid_to", _("截止"), kind="day"),
        Column("is_active", _("状态"), value=_yes, needs=("is_active",)),
    )
    filters: tuple[Filter, ...] = (
        CompanyFilter("company", _("公司"), "company_id", choices=companies),
        ChoiceFilter("office", _("办事处"), "office_id", choices=office_choices),
    )
    order = "-id"
    empty_title = _("还没有归集计划")

    def base(self, scope: Scope) -> QuerySet[CollectionSchedule]:
        """Of the viewer's companies."""
        return office_selectors.visible_schedules(scope)

    def row_url(self, row: Row) -> str:
        """Its form."""
        return reverse("receipts:schedule_edit", args=[row["pk"]])


class RunsPage(ListPage):
    """Runs of the schedules, newest first."""

    key, title = "receipts.runs", _("归集执行记录")
    order = "-scheduled_at"
    columns = (
        Column("scheduled_at", _("计划时间"), kind="datetime", sort="scheduled_at", is_key=True),
        Column("state", _("状态"), kind="state"),
        Column("schedule__title", _("计划")),
        Column("account__number", _("收款账户"), kind="account"),
        Column(
            "is_late",
            _("补做"),
            value=lambda row: _("是") if row["is_late"] else "",
            needs=("is_late",),
        ),
        Column("arrivals", _("到款笔数"), kind="number"),
        Column("order_no", _("上划单"), kind="code"),
        Column("started_at", _("开始"), kind="datetime"),
        Column("ended_at", _("结束"), kind="datetime"),
        Column("note", _("说明")),
    )
    filters: tuple[Filter, ...] = (
        ChoiceFilter(
            "state", _("状态"), choices=[(one.value, words_of(one.value).word) for one in RunState]
        ),
        DateRangeFilter("day", _("日期"), "scheduled_at", moments=True),
    )
    empty_title = _("还没有执行记录")

    def base(self, scope: Scope) -> QuerySet[CollectionRun]:
        """Of the viewer's companies."""
        return office_selectors.visible_runs(scope)


_LABELS = {
    "code": _("办事处编码"),
    "name": _("办事处名称"),
    "card_number": _("备用金银行卡号"),
    "card_holder": _("持卡人"),
    "partner_code": _("往来单位编码"),
    "customer_codes": _("负责的客户"),
    "title": _("计划名称"),
    "times": _("执行时刻"),
    "days": _("执行日"),
    "rule": _("执行内容"),
    "keep": _("留存余额"),
    "at_least": _("起划金额"),
    "most": _("每次上限"),
    "most_a_day": _("每日上限"),
    "valid_from": _("开始日期"),
    "valid_to": _("截止日期"),
    "is_active": _("启用"),
}


def _words(value: Any) -> Any:
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(value, list):
        return "、".join(map(str, value)) or "—"
    words = dict(CollectionSchedule.Days.choices) | dict(CollectionSchedule.Rule.choices)
    return words.get(value, value) or "—"


def _waiting(scope: Scope, kind: str) -> list[dict[str, Any]]:
    """Proposals of this kind nobody has decided, and whether the viewer may."""
    rows = master.visible_changes(scope).filter(kind=kind, state="proposed")
    return [
        {
            "change": one,
            "may": scope.has(offices.DECIDE, one.company_id)
            and one.made_by.person_key != scope.person_key,
            "differences": [
                (_LABELS[name], _words(one.before.get(name)), _words(value))
                for name, value in one.after.items()
                if one.before.get(name) != value and name in _LABELS
            ],
        }
        for one in rows
    ]


def _list(request: HttpRequest, page: type[ListPage], kind: str, new: str) -> HttpResponseBase:
    scope = scope_in(request)
    extra = {
        "waiting": _waiting(scope, kind),
        "may_propose": scope.has(offices.PROPOSE),
        "new_url": reverse(new),
    }
    return render_list(request, page, "receipts/arranged.html", extra)


@require_safe
def office_list(request: HttpRequest) -> HttpResponseBase:
    """Offices, and what waits for a second person."""
    return _list(request, OfficesPage, offices.KIND, "receipts:office_new")


@require_safe
def schedule_list(request: HttpRequest) -> HttpResponseBase:
    """Schedules, and what waits for a second person."""
    return _list(request, SchedulesPage, schedules.KIND, "receipts:schedule_new")


@require_safe
def run_list(request: HttpRequest) -> HttpResponseBase:
    """Runs."""
    return render_list(request, RunsPage)


@require_http_methods(["GET", "POST"])
def office_form(request: HttpRequest, office_id: int | None = None) -> HttpResponse:
    """A new office, or new particulars of one."""
    scope = scope_in(request)
    initial: dict[str, Any] = {"is_active": True}
    if office_id is not None:
        held = offices.plain(office_selectors.get_office(office_id, scope=scope))
        initial = {
            **held,
            "company": str(held["company_id"]),
            "account": str(held["account_id"] or ""),
            "customers": " ".join(held["customer_codes"]),
            "people": [str(one) for one in held["people"]],
        }
    form = OfficeForm(request.POST or None, scope=scope, initial=initial)
    error = ""
    if request.method == "POST" and form.is_valid():
        try:
            offices.propose(draft=form.draft(office_id), actor=person(request))
        except DomainError as refusal:
            error = said(refusal)
        else:
            messages.success(request, _now("已提交，等待另一人确认"))
            return redirect("receipts:offices")
    context = {"form": form, "error": error, "heading": _("销售办事处"), "back": reverse("receipts:offices")}  # fmt: skip
    return _form(request, context)


@require_http_methods(["GET", "POST"])
def schedule_form(request: HttpRequest, schedule_id: int | None = None) -> HttpResponse:
    """A new schedule, or another timetable of one."""
    scope = scope_in(request)
    more: dict[str, Any] = {}
    if schedule_id is not None:
        held = schedules.plain(office_selectors.get_schedule(schedule_id, scope=scope))
        more["initial"] = {
            **held,
            "office": str(held["office_id"]),
            "times": " ".join(held["times"]),
            "target": str(held.get("target_id") or ""),
            "maker": str(held.get("maker_id") or ""),
        }
    form = ScheduleForm(request.POST or None, scope=scope, **more)
    error = ""
    if request.method == "POST" and form.is_valid():
        try:
            schedules.propose(draft=form.draft(schedule_id), actor=person(request))
        except DomainError as refusal:
            error = said(refusal)
        else:
            messages.success(request, _now("已提交，等待另一人确认"))
            return redirect("receipts:schedules")
    context = {"form": form, "error": error, "heading": _("归集计划"), "back": reverse("receipts:schedules")}  # fmt: skip
    return _form(request, context)


def _form(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    context["may_propose"] = scope_in(request).has(offices.PROPOSE)
    status = 422 if request.method == "POST" else 200
    return render(request, "receipts/arrange_form.html", context, status=status)


@require_POST
def decide(request: HttpRequest, change_id: int) -> HttpResponse:
    """The second person's word on an office or a schedule."""
    kind = request.POST.get("kind", "")
    accept = request.POST.get("decision") == "accept"
    service = schedules.decide if kind == schedules.KIND else offices.decide
    try:
        service(
            change_id=change_id,
            accept=accept,
            actor=person(request),
            why=request.POST.get("why", ""),
        )
    except (NotFound, NotAllowed):
        raise
    except DomainError as refusal:
        messages.error(request, said(refusal))
    else:
        messages.success(request, _now("已生效") if accept else _now("已拒绝"))
    return redirect("receipts:schedules" if kind == schedules.KIND else "receipts:offices")
