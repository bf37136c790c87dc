"""Import of a payment list: upload, preview, confirm, results."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from desk.keysets import whole_number
from desk.words import said
from kernel.errors import Conflict, DomainError, InvalidInput, NotFound
from payments import import_selectors, results, rule_selectors, selectors
from payments.forms import ImportForm
from payments.import_cells import COLUMNS
from payments.models import ImportSet
from payments.outcomes import BulkResult
from payments.services import confirming, imports
from payments.views.acts import wants_json
from payments.views.confirmed import person, scope_in

PAGE = 100
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@require_http_methods(["GET", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    """The upload form; a good file leads to its preview."""
    scope = scope_in(request)
    scope.demand("payments.import")
    form = ImportForm(request.POST or None, request.FILES or None)
    error = None
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            made = imports.preview_import(
                data=file.read(), filename=file.name, actor=person(request)
            )
        except (InvalidInput, Conflict) as refusal:
            if wants_json(request):
                raise
            error = refusal
        else:
            return HttpResponseRedirect(reverse("payments:import_preview", args=[made.pk]))
    recent = selectors.visible_imports(scope).select_related("maker").defer("content", "rows")[:8]
    context = {"form": form, "error": error, "recent": recent, "columns": COLUMNS}
    return render(request, "payments/import.html", context, status=error.status if error else 200)


def _tabs(made: ImportSet) -> dict[str, list[Any]]:
    rows = made.rows
    return {
        "all": rows,
        "good": [row for row in rows if not row["faults"]],
        "warned": [row for row in rows if row["warnings"]],
        "bad": [row for row in rows if row["faults"]],
    }


def _cells(row: dict[str, Any]) -> list[dict[str, Any]]:
    faults: dict[str, list[dict[str, str]]] = {}
    warnings: dict[str, list[dict[str, str]]] = {}
    for mark in row["faults"]:
        faults.setdefault(mark["column"], []).append(mark)
    for mark in row["warnings"]:
        warnings.setdefault(mark["column"], []).append(mark)
    return [
        {
            "column": column,
            "text": row.get("wrote", {}).get(column, row["text"][column])
            if column in faults
            else row["text"][column],
            "faults": faults.get(column, []),
            "warnings": warnings.get(column, []),
        }
        for column in COLUMNS
    ]


@require_safe
def preview(request: HttpRequest, import_id: int) -> HttpResponse:
    """The preview before confirmation; afterwards the rows with what became of them."""
    scope = scope_in(request)
    made = import_selectors.get_import(import_id, scope=scope)
    if wants_json(request):
        return JsonResponse(_as_json(made, _token(request, made), whole=_is_whole(request, made)))
    if made.state == ImportSet.State.CONFIRMED:
        return _outcome(request, made)
    tabs = _tabs(made)
    tab = request.GET.get("tab", "bad" if tabs["bad"] else "all")
    rows = tabs.get(tab, made.rows)
    page = max(whole_number(request.GET.get("page", "")) or 1, 1)
    shown = rows[(page - 1) * PAGE : page * PAGE]
    words = {"all": _("全部"), "good": _("可导入"), "warned": _("警告"), "bad": _("错误")}
    figures = made.totals
    context = {
        "made": made,
        "columns": COLUMNS,
        "companies": [
            (code, one[0], Decimal(one[1])) for code, one in figures["per_company"].items()
        ],
        "sums": [(code, Decimal(total)) for code, total in figures["good"].items()],
        "rows": [
            {
                "row": row["row"],
                "marks": [*row["faults"], *row["warnings"]],
                "is_bad": bool(row["faults"]),
                "cells": _cells(row),
            }
            for row in shown
        ],
        "tabs": [
            {"key": key, "word": words[key], "count": len(tabs[key]), "is_current": key == tab}
            for key in words
        ],
        "tab": tab,
        "page": page,
        "previous": page - 1 if page > 1 else 0,
        "next": page + 1 if page * PAGE < len(rows) else 0,
        "bad_count": len(tabs["bad"]),
        "is_mine": made.maker_id == request.user.pk and made.state == ImportSet.State.PREVIEW,
        "token": _token(request, made),
        "like_list": rule_selectors.earlier_list(made),
    }
    return render(request, "payments/import_preview.html", context)


def _token(request: HttpRequest, made: ImportSet) -> str:
    if made.state != ImportSet.State.PREVIEW or made.maker_id != request.user.pk:
        return ""
    return confirming.issue(
        act="import", items=[(made.pk, made.version, made.sha256)], actor=person(request)
    )


def _is_whole(request: HttpRequest, made: ImportSet) -> bool:
    """Whether the viewer may see rows of every company of the list: others see what became of their own ones only."""
    return made.maker_id == request.user.pk


def _as_json(made: ImportSet, token: str, *, whole: bool) -> dict[str, Any]:
    if not whole:
        return {"id": made.pk, "version": made.version, "state": made.state, "token": token}
    return {
        "id": made.pk,
        "version": made.version,
        "state": made.state,
        "token": token,
        "sha256": made.sha256,
        "sheet": made.sheet,
        "encoding": made.encoding,
        "rows": made.row_count,
        "good_rows": made.good_count,
        "totals": made.totals,
        "new_payees": made.new_payees,
        "bad_rows": [
            {
                "row": row["row"],
                **{key: mark[key] for key in ("column", "code", "message", "message_en")},
            }
            for row in made.rows
            for mark in row["faults"]
        ],
    }


def _outcome(request: HttpRequest, made: ImportSet) -> HttpResponse:
    _made, rows = results.result_rows(made.pk, scope=scope_in(request))
    sums: dict[str, list[Any]] = {}
    for row in rows:
        if row.state:
            one = sums.setdefault(row.state, [row.state, 0])
            one[1] += 1
    context = {
        "made": made,
        "rows": rows[:500],
        "sums": list(sums.values()),
        "left_off": max(len(rows) - 500, 0),
    }
    return render(request, "payments/import_result.html", context)


@require_POST
def confirm(request: HttpRequest, import_id: int) -> HttpResponse:
    """Create the orders, once."""
    made = import_selectors.get_import(import_id, scope=scope_in(request))
    version = whole_number(request.POST.get("version", "")) or 0
    why = request.POST.get("why_partial", "")
    if (
        made.state == ImportSet.State.PREVIEW
        and made.good_count < made.row_count
        and not request.POST.get("partial")
    ):
        return _refused(
            request,
            import_id,
            InvalidInput(
                "有错误行时须勾选「只导入正确行」并填写原因", "tick partial", field="partial"
            ),
        )

    def act() -> BulkResult:
        imports.confirm_import(
            import_id=import_id, version=version, actor=person(request), why_partial=why
        )
        return BulkResult([import_id], [])

    items = [(import_id, version, made.sha256)]
    try:
        confirming.once(
            act="import",
            items=items,
            actor=person(request),
            token=request.POST.get("token", ""),
            do=act,
        )
    except DomainError as error:
        return _refused(request, import_id, error)
    if wants_json(request):
        return JsonResponse({"id": import_id, "state": "confirmed"})
    messages.success(request, _("已导入 %(n)s 笔付款单，等待复核。") % {"n": made.good_count})
    return HttpResponseRedirect(reverse("payments:import_preview", args=[import_id]))


def _refused(request: HttpRequest, import_id: int, error: DomainError) -> HttpResponse:
    if wants_json(request):
        raise error
    messages.error(request, said(error))
    return HttpResponseRedirect(reverse("payments:import_preview", args=[import_id]))


@require_POST
def decide(request: HttpRequest, import_id: int, act: str) -> HttpResponse:
    """Judge again, or discard."""
    try:
        if act == "refresh":
            imports.refresh_import(import_id=import_id, actor=person(request))
            messages.success(request, _("已按当前情况重新检查。"))
            return HttpResponseRedirect(reverse("payments:import_preview", args=[import_id]))
        imports.discard_import(
            import_id=import_id,
            version=whole_number(request.POST.get("version", "")) or 0,
            actor=person(request),
        )
    except DomainError as error:
        return _refused(request, import_id, error)
    messages.success(request, _("已放弃此次导入，文件可重新上传。"))
    return HttpResponseRedirect(reverse("payments:import"))


@require_safe
def download(request: HttpRequest, import_id: int, what: str) -> HttpResponse:
    """errors.xlsx, result.xlsx or result.csv."""
    scope = scope_in(request)
    made = import_selectors.get_import(import_id, scope=scope)
    stem = made.file_name.rsplit(".", 1)[0]
    if what == "errors.xlsx":
        if not _is_whole(request, made):
            raise NotFound("payment import")
        body, kind, name = results.error_xlsx(made), _XLSX, f"{stem}-错误行.xlsx"
    else:
        _made, rows = results.result_rows(import_id, scope=scope)
        is_csv = what == "result.csv"
        body = results.result_csv(rows) if is_csv else results.result_xlsx(rows)
        kind = "text/csv; charset=gb18030" if is_csv else _XLSX
        name = f"{stem}-结果.{'csv' if is_csv else 'xlsx'}"
    header = content_disposition_header(as_attachment=True, filename=name) or "attachment"
    return HttpResponse(body, content_type=kind, headers={"Content-Disposition": header})
