"""Open invoices: the list, and the finance system's list uploaded, looked at and taken in."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from desk import selectors as desk
from desk.filters import AmountRangeFilter, ChoiceFilter, CompanyFilter, DateRangeFilter, TextFilter
from desk.pages import ListPage, render_list
from desk.rows import Column
from desk.viewing import acted, scope_in
from desk.words import said
from kernel.errors import DomainError, NotFound
from kernel.scope import Scope
from receipts import selectors
from receipts.models import Receivable
from receipts.services import receivables
from receipts.views.common import companies, person


class OpenFilter(ChoiceFilter):
    """Only what is not paid in full."""

    def apply(self, rows: QuerySet[Receivable], given: object) -> QuerySet[Receivable]:
        """Open ones."""
        wanted = given.get(self.name) if hasattr(given, "get") else ""
        return rows.filter(open_amount__gt=0) if wanted else rows


class ReceivablesPage(ListPage):
    """Invoices the finance system told of, newest first."""

    key, title = "receipts.receivables", _("未收发票")
    caption = _("财务系统的未收发票，供到款建议冲销；入账时相应减少，冲销时恢复。")
    order = "-issued_on"
    amount, currency = "open_amount", "currency"
    columns = (
        Column("invoice_no", _("发票号"), kind="code", is_key=True),
        Column("customer__name", _("客户"), note="customer__code"),
        Column("amount", _("发票金额"), kind="money", note="currency"),
        Column("open_amount", _("未付金额"), kind="money", note="currency"),
        Column("issued_on", _("开票日期"), kind="day", sort="issued_on"),
        Column("contract_no", _("合同号"), kind="code"),
        Column("company__short_name", _("公司")),
    )
    filters = (
        TextFilter("q", _("发票号 / 合同号"), fields=("invoice_no", "contract_no")),
        TextFilter("customer", _("客户编码 / 名称"), fields=("customer__code", "customer__name")),
        CompanyFilter("company", _("公司"), "company_id", choices=companies),
        AmountRangeFilter("open", _("未付金额"), "open_amount"),
        DateRangeFilter("day", _("开票日期"), "issued_on"),
        OpenFilter("unpaid", _("付清"), choices=(("1", _("只看未付清")),)),
    )
    empty_title = _("还没有发票")
    empty_hint = _("由收款会计导入财务系统的未收发票清单。")

    def base(self, scope: Scope) -> QuerySet[Receivable]:
        """Of the viewer's companies."""
        return selectors.visible_receivables(scope)


@require_safe
def show(request: HttpRequest) -> HttpResponseBase:
    """The list."""
    may = scope_in(request).has(receivables.RIGHT)
    return render_list(request, ReceivablesPage, "receipts/receivables.html", {"may_import": may})


@require_http_methods(["GET", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    """Send a list in; it is looked at before anything is taken."""
    error = ""
    if request.method == "POST":
        file = request.FILES.get("file")
        if file is None:
            error = _now("请选择文件")
        else:
            try:
                kept = receivables.preview_file(
                    data=file.read(), filename=str(file.name), actor=person(request)
                )
            except DomainError as refusal:
                error = said(refusal)
            else:
                return redirect("receipts:receivables_file", kept.pk)
    context = {"error": error, "heads": [names[0] for names in receivables.HEADS.values()]}
    return render(
        request, "receipts/receivables_upload.html", context, status=422 if error else 200
    )


@require_http_methods(["GET", "POST"])
def preview(request: HttpRequest, file_id: int) -> HttpResponse:
    """What a list holds, fault by fault; taken in or dropped."""
    file = (
        desk.uploads(purpose=receivables.PURPOSE, user_id=person(request).pk)
        .filter(pk=file_id)
        .first()
    )
    if file is None:
        raise NotFound("uploaded file", "未找到该上传文件")
    if request.method == "POST":
        is_taking = request.POST.get("decision") == "take"
        act = receivables.confirm_file if is_taking else receivables.discard_file
        done = _now("已导入") if is_taking else _now("已放弃")
        if acted(request, lambda: act(file=file, actor=person(request)), done=done):
            return redirect("receipts:receivables")
        return redirect("receipts:receivables_file", file_id)
    if file.state != "previewed":
        messages.info(request, _now("此文件已处理"))
        return redirect("receipts:receivables")
    return render(
        request, "receipts/receivables_preview.html", {"file": file, "told": file.preview}
    )
