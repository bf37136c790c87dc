"""Import of the ERP's journal: upload, preview, mapping, confirm, withdraw."""

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
from ledger import selectors
from ledger.forms import ImportForm
from ledger.judging import PURPOSE, RIGHT, Wish
from ledger.services import journals
from ledger.sheets import TARGETS, suggested
from masterdata import selectors as masterdata


def _form(request: HttpRequest, scope: Scope) -> ImportForm:
    allowed = scope.companies_with(RIGHT)
    accounts = masterdata.visible_accounts(scope).filter(company_id__in=allowed)
    return ImportForm(
        request.POST or None,
        request.FILES or None,
        accounts=[(str(one.pk), f"{one.number} {one.name}") for one in accounts],
        mappings=[(str(one.pk), one.name) for one in desk_reads.mappings(purpose=PURPOSE)],
    )


def upload(request: HttpRequest) -> HttpResponse:
    """Send in a file; the answer is its preview."""
    scope = scope_in(request)
    form = _form(request, scope)
    if request.method == "POST" and form.is_valid():
        sent, values = form.cleaned_data["file"], form.cleaned_data
        try:
            if sent.size > SIZE_MAX:
                raise InvalidInput("文件不能超过 20 MB", "the file is too large", field="file")
            stored = journals.preview_file(
                data=sent.read(),
                filename=sent.name,
                actor=request.user,  # type: ignore[arg-type]  # signed in
                wish=Wish(account_id=values["account"], mapping_id=values["mapping"]),
            )
        except (InvalidInput, Conflict) as error:
            form.add_error(error.field if error.field in form.fields else "file", said(error))
        else:
            return redirect("ledger:import_preview", stored.pk)
    context = {
        "form": form,
        "recent": desk_reads.uploads(purpose=PURPOSE, user_id=request.user.pk or 0)[:8],
        "targets": TARGETS,
    }
    return render(request, "ledger/import.html", context, status=422 if form.is_bound else 200)


def _file(request: HttpRequest, file_id: int) -> Any:
    """The file, by whoever sent it in."""
    file = desk_reads.uploaded_file(file_id=file_id, purpose=PURPOSE)
    if file.uploaded_by_id != request.user.pk:
        raise NotFound("journal file", "未找到该文件")
    return file


def preview(request: HttpRequest, file_id: int) -> HttpResponse:
    """What the file holds and what taking it in would do; afterwards what came of it."""
    file = _file(request, file_id)
    found = file.preview
    context = {
        "file": file,
        "found": found,
        "accounts": [
            one
            | {"number": number, "debit": Decimal(one["debit"]), "credit": Decimal(one["credit"])}
            for number, one in found.get("accounts", {}).items()
        ],
        "sample": [[*row[:4], Decimal(row[4]), *row[5:]] for row in found.get("sample", ())],
        "is_open": file.state == "previewed",
        "standing": selectors.standing_entries(file.pk).count() if file.state == "imported" else 0,
        "can_take": not found.get("problem") and not found["faults"] and found["new"] > 0,
    }
    return render(request, "ledger/import_preview.html", context)


def mapping(request: HttpRequest, file_id: int) -> HttpResponse:
    """The mapping of the file's columns."""
    file = _file(request, file_id)
    if file.state != "previewed":
        raise Conflict("此文件已处理", "already decided")
    data, mapping_id = desk_reads.file_content(file), file.preview.get("mapping_id")
    header = table_of(data, file.name, TARGETS, None).header
    used = desk_reads.mapping(mapping_id, purpose=PURPOSE) if mapping_id else suggested(header)
    actor: Any = request.user
    editor = Editor(
        purpose=PURPOSE,
        targets=TARGETS,
        mapping=used,
        data=data,
        filename=file.name,
        title=_("日记账导入预览"),
        back=reverse("ledger:import_preview", args=[file.pk]),
        use=lambda saved: journals.look_again(file_id=file.pk, actor=actor, mapping_id=saved),
    )
    return edit(request, editor)


@require_POST
def act(request: HttpRequest, file_id: int, act: str) -> HttpResponse:
    """Confirm, drop, or withdraw."""
    actor: Any = request.user
    why = request.POST.get("why", "")
    acts = {
        "confirm": (
            lambda: journals.confirm_file(file_id=file_id, actor=actor, why=why),
            _("日记账已导入"),
        ),
        "drop": (
            lambda: journals.drop_file(file_id=file_id, actor=actor),
            _("已放弃此文件，可重新上传"),
        ),
        "withdraw": (
            lambda: journals.withdraw_file(file_id=file_id, actor=actor, why=why),
            _("已撤回：每笔分录均以红字冲回，文件内容可重新导入"),
        ),
    }
    do, words = acts[act]
    is_done = acted(request, do, done=words)
    if act == "drop" and is_done:
        return redirect("ledger:import")
    return redirect("ledger:import_preview", file_id)
