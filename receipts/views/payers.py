"""付款方标识: what is known of payers, from which receipts it was learned, by hand, proven, revoked."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from desk import selectors as desk
from desk.filters import ChoiceFilter, Filter, TextFilter
from desk.pages import ListPage, render_list
from desk.rows import Column, Row
from desk.viewing import acted, form_page, scope_in
from kernel.errors import NotFound
from kernel.scope import Scope
from receipts import selectors
from receipts.models import PayerKey
from receipts.services import payers
from receipts.views.common import person

_KINDS: dict[str, Any] = dict(PayerKey.Kind.choices)
_RULES = {"reference": "C1", "account": "C2", "name": "C4"}


class PayersPage(ListPage):
    """Marks of payers, newest use first."""

    key, title = "receipts.payers", _("付款方标识")
    caption = _(
        "凭哪些编号、账号与户名认出客户：两人复核时记住，也可手工登记；撤销后不再据此建议。"
    )
    order = "-last_used_at"
    columns = (
        Column("kind", _("标识"), value=lambda row: _KINDS[row["kind"]], needs=("kind",), is_key=True),
        Column("rule", _("规则"), value=lambda row: _RULES[row["kind"]], needs=("kind",)),
        Column("value", _("内容"), kind="code"),
        Column("customer__name", _("客户"), note="customer__code"),
        Column("is_learned", _("来源"), value=lambda row: _("复核时学得") if row["is_learned"] else _("手工登记"), needs=("is_learned",)),
        Column("has_proof", _("代付证明"), value=lambda row: _("有") if row["has_proof"] else "", needs=("has_proof",)),
        Column("hits", _("次数"), kind="number"),
        Column("last_used_at", _("最近使用"), kind="datetime", sort="last_used_at"),
        Column("state", _("状态"), value=lambda row: _("已撤销") if row["revoked_at"] else _("有效"), needs=("revoked_at",)),
    )  # fmt: skip
    filters: tuple[Filter, ...] = (
        TextFilter("q", _("内容"), fields=("value",)),
        TextFilter("customer", _("客户编码 / 名称"), fields=("customer__code", "customer__name")),
        ChoiceFilter("kind", _("标识"), choices=list(PayerKey.Kind.choices)),
        ChoiceFilter(
            "standing",
            _("状态"),
            "is_standing",
            choices=[("True", _("有效")), ("False", _("已撤销"))],
        ),
    )
    empty_title = _("还没有付款方标识")

    def base(self, scope: Scope) -> QuerySet[PayerKey]:
        """All: customers are the whole group's."""
        standing = ExpressionWrapper(Q(revoked_at=None), output_field=BooleanField())
        return selectors.visible_payers(scope).annotate(is_standing=standing)

    def row_url(self, row: Row) -> str:
        """Its page."""
        return reverse("receipts:payer", args=[row["pk"]])


class PayerForm(forms.Form):
    """A mark by hand."""

    kind = forms.ChoiceField(label=_("标识"), choices=PayerKey.Kind.choices)
    value = forms.CharField(label=_("内容"), max_length=200)
    customer_code = forms.CharField(label=_("客户编码"), max_length=30)
    why = forms.CharField(label=_("依据"), max_length=200)


@require_safe
def payer_list(request: HttpRequest) -> HttpResponseBase:
    """What is known."""
    extra = {"may_write": scope_in(request).has(payers.RIGHT)}
    return render_list(request, PayersPage, "receipts/payers.html", extra)


@require_http_methods(["GET", "POST"])
def payer_new(request: HttpRequest) -> HttpResponse:
    """Write one by hand."""
    return form_page(
        request,
        form=PayerForm(request.POST or None),
        submit=lambda values: payers.write(**values, actor=person(request)),
        title=_now("登记付款方标识"),
        back=reverse("receipts:payers"),
        done=_now("已登记"),
    )


@require_safe
def payer(request: HttpRequest, key_id: int) -> HttpResponse:
    """One mark: of whom, since when, from which receipts."""
    scope = scope_in(request)
    row = selectors.get_payer(key_id, scope=scope)
    seen = selectors.visible_notices(scope).filter(notice_no__in=row.sources)
    context = {
        "payer": row,
        "rule": _RULES[row.kind],
        "notices": seen.select_related("account")[:50],
        "hidden": len(row.sources) - seen.count(),
        "may_write": scope.has(payers.RIGHT),
    }
    return render(request, "receipts/payer.html", context)


@require_POST
def payer_revoke(request: HttpRequest, key_id: int) -> HttpResponse:
    """It names nobody any more."""
    acted(
        request,
        lambda: payers.revoke(
            key_id=key_id, actor=person(request), why=request.POST.get("why", "")
        ),
        done=_now("已撤销"),
    )
    return redirect("receipts:payer", key_id)


@require_http_methods(["GET", "POST"])
def payer_proof(request: HttpRequest, key_id: int) -> HttpResponse:
    """Read the proof, or file one."""
    row = selectors.get_payer(key_id, scope=scope_in(request))
    if request.method == "POST":
        sent = request.FILES.get("proof")
        if sent is None or (sent.size or 0) > payers.PROOF_MAX:
            messages.error(request, _now("请选择 5 MB 以内的证明文件"))
        else:
            name, data = str(sent.name), sent.read()
            acted(
                request,
                lambda: payers.prove(key_id=row.pk, name=name, data=data, actor=person(request)),
                done=_now("证明已存档"),
            )
        return redirect("receipts:payer", row.pk)
    if row.proof_file_id is None:
        raise NotFound("proof", "没有代付证明")
    file = desk.uploaded_file(file_id=row.proof_file_id, purpose=f"{payers.PROOF}.{row.pk}")
    answer = HttpResponse(desk.file_content(file), content_type="application/octet-stream")
    answer["Content-Disposition"] = f"attachment; filename=proof-{row.pk}"
    return answer
