"""裁定: propose how an uncertain payment ended, and the second person's decision; the list of all of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import quote

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from desk.filters import ChoiceFilter, CompanyFilter, DateRangeFilter
from desk.keysets import whole_number
from desk.pages import ListPage
from desk.rows import Column, Row
from desk.words import said
from kernel import clock
from kernel.errors import DomainError, InvalidInput
from kernel.scope import Scope
from masterdata.services.stepup import require_stepup
from payments import selectors
from payments.forms import AdjudicationForm
from payments.models import Adjudication, PaymentInstruction, PaymentOrder
from payments.outcomes import BulkResult
from payments.services import adjudicating, confirming
from payments.states import VERDICTS
from payments.views.columns import companies
from payments.views.confirmed import person, scope_in
from statements import selectors as statements

# What follows from each verdict, said before the second person agrees.
CONSEQUENCES = {
    "succeeded": _("该付款将视为已付：不能再次付款，并等待与银行流水核对。"),
    "failed": _("该付款将视为未付：可按新数据重付。若款项其实已付出，就会重复付款。"),
    "returned": _("该付款将视为付出后退回：可按新数据重付。"),
}
EVIDENCE_DAYS = 30


def document_link(row: Row) -> str:
    """The address of an adjudication."""
    return reverse("payments:adjudication", args=[row["pk"]])


class AdjudicationList(ListPage):
    """Adjudications of the viewer's companies."""

    key, title = "payments.adjudications", _("裁定单")
    caption = _("结果未知或状态存疑的付款，由一人附证据提出裁定，另一人确认后生效。")
    order = "-proposed_at"
    columns = (
        Column(
            "instruction__order__order_no",
            _("付款单号"),
            kind="code",
            link=document_link,
            is_key=True,
        ),
        Column("state", _("状态"), kind="state"),
        Column("verdict", _("裁定"), value=lambda row: Adjudication.Verdict(row["verdict"]).label, needs=("verdict",)),
        Column("instruction__order__amount", _("金额"), kind="money", note="instruction__currency"),
        Column("instruction__order__payee_name", _("收款户名")),
        Column("company__short_name", _("付款公司")),
        Column("reason", _("理由")),
        Column("proposed_by__display_name", _("提出人")),
        Column("proposed_at", _("提出时间"), kind="datetime", sort="proposed_at"),
        Column("decided_by__display_name", _("确认人"), note="decision_note"),
        Column("decided_at", _("确认时间"), kind="datetime"),
    )  # fmt: skip
    filters = (
        ChoiceFilter("state", _("状态"), choices=Adjudication.State.choices),
        ChoiceFilter("verdict", _("裁定"), choices=Adjudication.Verdict.choices),
        CompanyFilter("company", _("公司"), "company_id", choices=companies),
        DateRangeFilter("day", _("提出日期"), "proposed_at", moments=True),
    )
    empty_title = _("没有裁定单")
    empty_hint = _("在「结果未知」或付款单页面可对结果不确定的付款提出裁定。")

    def base(self, scope: Scope) -> QuerySet[Adjudication]:
        """All of them, newest first."""
        return selectors.visible_adjudications(scope)

    def row_url(self, row: Row) -> str:
        """The adjudication's page."""
        return document_link(row)


def _statement(row: PaymentInstruction, order: PaymentOrder) -> list[Any]:
    """Debits of exactly this amount on the account's statement since it was sent: they may be the payment."""
    first = (row.sent_at or row.created_at).astimezone(clock.SHANGHAI).date()
    last = min(clock.today(), first + timedelta(days=EVIDENCE_DAYS))
    found = statements.debits_matching(
        account_id=order.payer_account_id, amount=row.amount, first=first, last=last
    )
    return list(found[:20])


def _facts(row: PaymentInstruction, order: PaymentOrder) -> dict[str, Any]:
    return {"order": order, "instruction": row, "entries": _statement(row, order)}


@require_http_methods(["GET", "POST"])
def propose(request: HttpRequest, order_no: str) -> HttpResponse:
    """The first person: what is known of the payment, and the verdict with its grounds."""
    scope = scope_in(request)
    order = selectors.get_order(order_no, scope=scope)
    scope.demand("payments.adjudicate", order.company_id)
    row = order.instruction
    verdicts = adjudicating.verdicts(row) if row else []
    if row is None or not verdicts:
        raise InvalidInput(
            "该付款现在不能裁定：结果没有疑问，或发送未满 30 分钟、系统仍在自动查询",
            "its outcome is certain, or the bank is still being asked",
            code="illegal_move",
        )
    form = AdjudicationForm(request.POST or None, request.FILES or None, verdicts=verdicts)
    if request.method == "POST" and form.is_valid():
        sent = form.cleaned_data["file"]
        try:
            made = adjudicating.propose_adjudication(
                instruction_id=row.pk,
                verdict=form.cleaned_data["verdict"],
                reason=form.cleaned_data["reason"],
                branch_call=form.cleaned_data["branch_call"],
                evidence_name=sent.name if sent else "",
                evidence_file=sent.read(adjudicating.EVIDENCE_BYTES_MAX + 1) if sent else b"",
                actor=person(request),
            )
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, said(error))
        else:
            messages.success(request, _now("裁定已提出，须由另一人确认后生效。"))
            return HttpResponseRedirect(reverse("payments:adjudication", args=[made.pk]))
    context = {"form": form, **_facts(row, order)}
    status = 422 if form.is_bound else 200
    return render(request, "payments/adjudication_form.html", context, status=status)


def _items(document: Adjudication) -> list[tuple[int, int, str]]:
    return [(document.pk, document.version, f"{document.verdict}:{document.instruction.state}")]


@require_http_methods(["GET", "POST"])
def adjudication(request: HttpRequest, adjudication_id: int) -> HttpResponse:
    """One adjudication: verdict, grounds, evidence; for a second person the decision."""
    scope = scope_in(request)
    document = selectors.get_adjudication(adjudication_id, scope=scope)
    if request.method == "POST":
        return _decide(request, document)
    order = selectors.get_order(document.instruction.order.order_no, scope=scope)
    is_open = document.state == Adjudication.State.PROPOSED
    may = scope.has("payments.adjudicate", document.company_id)
    is_own = document.proposed_by.person_key == scope.person_key
    fits = (document.instruction.state, document.verdict) in VERDICTS
    decides = is_open and may and not is_own
    context = {
        **_facts(document.instruction, order),
        "document": document,
        "is_open": is_open,
        "is_own": is_own,
        "fits": fits,
        "decides": decides,
        "agrees": decides and fits,
        "consequence": CONSEQUENCES[document.verdict],
        "verb": _now("同意%(verdict)s") % {"verdict": document.get_verdict_display()},
        "token": confirming.issue(
            act="adjudicate", items=_items(document), actor=person(request)
        )
        if decides and fits
        else "",
    }  # fmt: skip
    return render(request, "payments/adjudication.html", context)


def _decide(request: HttpRequest, document: Adjudication) -> HttpResponse:
    agree = request.POST.get("confirm") == "yes"
    if agree:
        require_stepup(request, "payments.adjudicate")
    version = whole_number(request.POST.get("version", "")) or 0
    note = request.POST.get("note", "")
    stepup = require_stepup(request, "payments.adjudicate") if agree else None

    def act() -> BulkResult:
        adjudicating.decide_adjudication(
            adjudication_id=document.pk,
            version=version,
            agree=agree,
            actor=person(request),
            note=note,
            stepup=stepup,
        )
        return BulkResult([document.pk], [])

    if agree:
        confirming.once(
            act="adjudicate",
            items=_items(document),
            actor=person(request),
            token=request.POST.get("token", ""),
            do=act,
        )
        messages.success(request, _now("裁定已生效。"))
    else:
        act()
        messages.success(request, _now("裁定已否决，付款状态不变。"))
    return HttpResponseRedirect(reverse("payments:adjudication", args=[document.pk]))


@require_safe
def evidence(request: HttpRequest, adjudication_id: int) -> HttpResponse:
    """The evidence file, decrypted; reading it leaves a trace."""
    name, data = adjudicating.read_evidence(adjudication_id=adjudication_id, actor=person(request))
    answer = HttpResponse(data, content_type="application/octet-stream")
    answer["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    return answer
