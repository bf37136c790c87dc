"""Vouchers: the list, one voucher, its print, and what people do with it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_http_methods, require_POST

from audit import selectors as trail
from audit.words import words_of
from desk.pages import render_list
from desk.printing import qr_image, respond
from desk.viewing import acted, form_page, scope_in, version_in
from desk.words import said
from kernel import clock
from kernel.errors import InvalidInput, NotFound
from kernel.money import amount_in_words
from kernel.scope import Scope
from ledger import audit_pack, selectors
from ledger.forms import PackForm, ReversalForm
from ledger.models import Voucher, VoucherLine
from ledger.pages import VouchersPage, company_choices, event_title
from ledger.rules import period_of
from ledger.services import packs, prints
from ledger.services import vouchers as services
from ledger.states import VOUCHER, VoucherState

_AUX = (
    ("supplier", gettext_noop("供应商")), ("customer", gettext_noop("客户")), ("person", gettext_noop("个人")),
    ("department", gettext_noop("部门")), ("project", gettext_noop("项目")), ("cash_flow_item", gettext_noop("现金流量项目")),
)  # fmt: skip


def vouchers(request: HttpRequest) -> HttpResponseBase:
    """The list of vouchers."""
    return render_list(request, VouchersPage, "ledger/vouchers.html")


def _lines(voucher: Voucher) -> list[dict[str, Any]]:
    return [_line(line) for line in voucher.lines.select_related("account").order_by("line_no")]


def _line(line: VoucherLine) -> dict[str, Any]:
    aux = "；".join(f"{_(word)} {value}" for name, word in _AUX if (value := getattr(line, name)))
    return {
        "row": line,
        "description": line.description,
        "subject": line.subject,
        "debit": line.debit,
        "credit": line.credit,
        "aux": aux,
    }


def in_words(voucher: Voucher) -> str:
    """大写合计; only yuan have it, and a red voucher says so."""
    if voucher.currency != "CNY":
        return ""
    words = amount_in_words(abs(Decimal(voucher.amount)))
    return f"（负）{words}" if voucher.amount < 0 else words


def voucher(request: HttpRequest, voucher_id: int) -> HttpResponse:
    """One voucher with its lines, what it comes from, and its trail."""
    scope = scope_in(request)
    row = selectors.get_voucher(voucher_id, scope=scope)
    red = selectors.red_of(row)
    is_own = row.maker is not None and row.maker.person_key == scope.person_key
    can_confirm = scope.has("ledger.confirm", row.company_id)
    is_draft = row.state == VoucherState.DRAFT
    context = {
        "voucher": row,
        "lines": _lines(row),
        "words": in_words(row),
        "event": event_title(row.event),
        "red": red,
        "entries": [pk for kind, pk in row.evidence if kind == "statements.statemententry"],
        "references": [line.reference for line in row.lines.all() if line.reference],
        "can_post": is_draft and can_confirm and not is_own,
        "can_void": is_draft and (can_confirm or is_own),
        "waits_for_other": is_draft and is_own,
        "can_reverse": VOUCHER.allows("reverse", row.state)
        and not row.is_red
        and red is None
        and scope.has("ledger.book", row.company_id),
        "nodes": _nodes(row, scope),
    }
    return render(request, "ledger/voucher.html", context)


def _nodes(row: Voucher, scope: Scope) -> list[dict[str, Any]]:
    """The trail of a voucher the viewer may see."""
    return [
        {
            "title": words_of(entry.event),
            "who": entry.actor_name,
            "when": entry.at,
            "note": entry.why,
            "tone": "ok",
        }
        for entry in trail.history("ledger.voucher", row.pk, scope=scope)
    ]


def voucher_print(request: HttpRequest, voucher_id: int) -> HttpResponse:
    """One voucher on A5."""
    row = selectors.get_voucher(voucher_id, scope=scope_in(request))
    if row.state == VoucherState.VOID:
        raise NotFound("voucher", "已作废的凭证不能打印")
    paper = {
        "voucher": row,
        "lines": _lines(row),
        "words": in_words(row),
        "maker": row.maker or _("系统"),
        "checker": row.poster if row.poster and row.maker else "",
        "poster": (row.poster or _("系统")) if row.posted_at else "",
        "prints": prints.note(row, actor=request.user),
        "qr": qr_image(f"yqlink:voucher:{row.pk}:{row.payload_digest[:16]}"),
    }
    context = {"voucher": row, "papers": [paper]}
    name = f"{_('凭证')}-{row.period}-{row.number or row.pk}"
    return respond(request, "ledger/voucher_print.html", context, name=name)


@require_POST
def act(request: HttpRequest, voucher_id: int, act: str) -> HttpResponse:
    """Post or void a draft."""
    version, actor = version_in(request), request.user

    def post() -> None:
        services.post_draft(voucher_id=voucher_id, version=version, actor=actor)  # type: ignore[arg-type]  # signed in

    def void() -> None:
        why = request.POST.get("why", "")
        services.void_draft(voucher_id=voucher_id, version=version, actor=actor, why=why)  # type: ignore[arg-type]  # signed in

    if act == "post":
        acted(request, post, done=_("已记账"))
    else:
        acted(request, void, done=_("已作废"))
    return redirect("ledger:voucher", voucher_id)


def reverse_page(request: HttpRequest, voucher_id: int) -> HttpResponse:
    """Ask for the red voucher of a posted one."""
    scope = scope_in(request)
    row = selectors.get_voucher(voucher_id, scope=scope)
    scope.demand("ledger.book", row.company_id)
    return form_page(
        request,
        form=ReversalForm(
            request.POST or None, initial={"version": row.version, "day": clock.today()}
        ),
        submit=lambda values: services.ask_reversal(
            voucher_id=row.pk,
            actor=request.user,  # type: ignore[arg-type]  # signed in
            **values,
        ),
        title=_("红冲凭证") + f" {row.period} {row.number}",
        back=reverse("ledger:voucher", args=[row.pk]),
        done=_("已生成红字凭证草稿，待另一人记账"),
        extra={"hint": _("红字凭证与原凭证科目、方向相同，金额为负；记账后原凭证变为已红冲。")},
    )


@require_http_methods(["GET", "POST"])
def pack(request: HttpRequest) -> HttpResponse:
    """Ask for the data pack auditors read; it is made by a job."""
    month = period_of(clock.today())
    form = PackForm(
        request.POST or None,
        companies=company_choices(scope_in(request)),
        initial={"first": f"{month[:4]}-01", "last": month},
    )
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            job = packs.ask(
                company_id=given["company"],
                first=given["first"],
                last=given["last"],
                actor=request.user,  # type: ignore[arg-type]  # signed in
            )
        except InvalidInput as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, said(refusal))
        else:
            messages.success(request, _("正在生成数据包，完成后可在此下载。"))
            return redirect("desk:job", job.pk)
    context = {"form": form, "notes": audit_pack.NOTES}
    return render(request, "ledger/pack.html", context, status=422 if form.is_bound else 200)
