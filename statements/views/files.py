"""Import of statement files: upload, preview, mapping, confirm, drop."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from desk import selectors as desk_reads
from desk import upload_page
from desk.mapping_page import Editor, edit, table_of
from desk.upload_page import Entrance, own_file, undecided_file
from desk.viewing import acted, scope_in
from kernel.errors import Conflict
from masterdata import selectors as masterdata
from statements import continuity
from statements.formats.sheets import TARGETS, suggested
from statements.rules import SHEET
from statements.services import uploads
from statements.services.files import KINDS, RIGHT
from statements.services.uploads import PURPOSE, Wish

if TYPE_CHECKING:
    from desk.models import UploadedFile

HINTS = {
    "file": gettext_lazy("camt.053（XML）、MT940、CSV 或 Excel（.xlsx），不超过 20 MB"),
    "account": gettext_lazy("文件中有本方账号时可不选"),
    "mapping": gettext_lazy("只用于 CSV 与 Excel"),
}


def upload(request: HttpRequest) -> HttpResponse:
    """Send in a file; the answer is its preview."""
    scope, actor = scope_in(request), _person(request)
    accounts = masterdata.visible_accounts(scope).filter(company_id__in=scope.companies_with(RIGHT))

    def keep(data: bytes, name: str, values: dict[str, Any]) -> UploadedFile:
        wish = Wish(account_id=values["account"], mapping_id=values["mapping"])
        return uploads.preview_file(data=data, filename=name, actor=actor, wish=wish)

    entrance = Entrance(
        purpose=PURPOSE,
        label=gettext_lazy("对账单文件"),
        hints=HINTS,
        targets=TARGETS,
        template="statements/import.html",
        preview_url="statements:import_preview",
        accounts=[(str(one.pk), f"{one.number} {one.name}") for one in accounts],
        preview=keep,
    )
    return upload_page.upload(request, entrance)


def _person(request: HttpRequest) -> Any:
    """Whoever signed in; the gate let nobody else in."""
    return request.user


def preview(request: HttpRequest, file_id: int) -> HttpResponse:
    """What the file says and what taking it in would do; afterwards what came of it."""
    file = own_file(request, file_id, purpose=PURPOSE)
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
    file = undecided_file(request, file_id, purpose=PURPOSE)
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


def _confirm(file_id: int, actor: Any, why: str) -> None:
    """Take the file in; where things changed since the preview, the page shows them as they are now."""
    try:
        uploads.confirm_file(file_id=file_id, actor=actor, why=why)
    except uploads.PreviewStale:
        uploads.renew(file_id=file_id, actor=actor)
        raise


@require_POST
def act(request: HttpRequest, file_id: int, act: str) -> HttpResponse:
    """Confirm or drop."""
    actor, why = _person(request), request.POST.get("why", "")
    acts = {
        "confirm": (
            lambda: _confirm(file_id, actor, why),
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
