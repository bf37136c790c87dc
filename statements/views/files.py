"""Import of statement files: upload, preview, mapping, confirm, drop."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from desk import selectors as desk_reads
from desk.imports import SIZE_MAX
from desk.mapping_page import Editor, edit, table_of
from desk.viewing import acted, scope_in
from desk.words import said
from kernel.errors import Conflict, InvalidInput, NotFound
from kernel.scope import Scope
from masterdata import selectors as masterdata
from statements import continuity
from statements.formats.sheets import TARGETS, suggested
from statements.forms import StatementFileForm
from statements.rules import SHEET
from statements.services import uploads
from statements.services.files import KINDS, RIGHT
from statements.services.uploads import PURPOSE, Wish


def _form(request: HttpRequest, scope: Scope) -> StatementFileForm:
    allowed = scope.companies_with(RIGHT)
    accounts = masterdata.visible_accounts(scope).filter(company_id__in=allowed)
    return StatementFileForm(
        request.POST or None,
        request.FILES or None,
        accounts=[(str(one.pk), f"{one.number} {one.name}") for one in accounts],
        mappings=[(str(one.pk), one.name) for one in desk_reads.mappings(purpose=PURPOSE)],
    )


def upload(request: HttpRequest) -> HttpResponse:
    """Send in a file; the answer is its preview."""
    scope, actor = scope_in(request), _person(request)
    form = _form(request, scope)
    if request.method == "POST" and form.is_valid():
        sent, values = form.cleaned_data["file"], form.cleaned_data
        try:
            if sent.size > SIZE_MAX:
                raise InvalidInput("文件不能超过 20 MB", "the file is too large", field="file")
            stored = uploads.preview_file(
                data=sent.read(),
                filename=sent.name,
                actor=actor,
                wish=Wish(account_id=values["account"], mapping_id=values["mapping"]),
            )
        except (InvalidInput, Conflict) as error:
            form.add_error(error.field if error.field in form.fields else "file", said(error))
        else:
            return redirect("statements:import_preview", stored.pk)
    context = {
        "form": form,
        "recent": desk_reads.uploads(purpose=PURPOSE, user_id=actor.pk)[:8],
        "targets": TARGETS,
    }
    return render(request, "statements/import.html", context, status=422 if form.is_bound else 200)


def _person(request: HttpRequest) -> Any:
    """Whoever signed in; the gate let nobody else in."""
    return request.user


def _file(request: HttpRequest, file_id: int) -> Any:
    """The file, by whoever sent it in."""
    file = desk_reads.uploaded_file(file_id=file_id, purpose=PURPOSE)
    if file.uploaded_by_id != request.user.pk:
        raise NotFound("statement file", "未找到该文件")
    return file


def preview(request: HttpRequest, file_id: int) -> HttpResponse:
    """What the file says and what taking it in would do; afterwards what came of it."""
    file = _file(request, file_id)
    found = file.preview
    is_sheet = found["kind"] == SHEET
    context = {
        "file": file,
        "found": found,
        "statements": [_figures(one) for one in found["statements"]],
        "kind": KINDS[found["kind"]],
        "is_open": file.state == "previewed",
        "can_map": is_sheet and file.state == "previewed",
        "can_take": not found["problem"] and not found["faults"],
        "wants_reason": uploads.is_questionable(found),
        "taken": continuity.statements_of_file(file.pk) if file.state == "imported" else [],
    }
    return render(request, "statements/import_preview.html", context)


def _figures(told: dict[str, Any]) -> dict[str, Any]:
    """A statement of the preview with its amounts as amounts."""
    names = ("opening", "closing", "credits", "debits")
    return told | {name: told[name] and Decimal(told[name]) for name in names}


def mapping(request: HttpRequest, file_id: int) -> HttpResponse:
    """The mapping of a sheet's columns."""
    file = _file(request, file_id)
    if file.state != "previewed":
        raise Conflict("此文件已处理", "already decided")
    if file.preview["kind"] != SHEET:
        raise Conflict("此文件的格式不需要列映射", "no sheet, nothing to map")
    data, mapping_id = desk_reads.file_content(file), file.preview.get("mapping_id")
    used = (
        desk_reads.mapping(mapping_id, purpose=PURPOSE)
        if mapping_id
        else suggested(table_of(data, file.name, TARGETS, None))
    )
    actor = _person(request)
    editor = Editor(
        purpose=PURPOSE,
        targets=TARGETS,
        mapping=used,
        data=data,
        filename=file.name,
        title=_("对账单导入预览"),
        back=reverse("statements:import_preview", args=[file.pk]),
        use=lambda saved: uploads.look_again(file_id=file.pk, actor=actor, mapping_id=saved),
    )
    return edit(request, editor)


@require_POST
def act(request: HttpRequest, file_id: int, act: str) -> HttpResponse:
    """Confirm or drop."""
    actor, why = _person(request), request.POST.get("why", "")
    acts = {
        "confirm": (
            lambda: uploads.confirm_file(file_id=file_id, actor=actor, why=why),
            _("对账单已导入"),
        ),
        "drop": (
            lambda: uploads.drop_file(file_id=file_id, actor=actor),
            _("已放弃此文件，可重新上传"),
        ),
    }
    do, words = acts[act]
    is_done = acted(request, do, done=words)
    if act == "drop" and is_done:
        return redirect("statements:import")
    return redirect("statements:import_preview", file_id)
