"""Import of the ERP's journal: upload, preview, mapping, confirm, withdraw."""

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
from ledger import selectors
from ledger.judging import PURPOSE, RIGHT, Wish
from ledger.services import journals
from ledger.sheets import TARGETS, suggested
from masterdata import selectors as masterdata

if TYPE_CHECKING:
    from desk.models import UploadedFile

HINTS = {
    "file": gettext_lazy("CSV 或 Excel（.xlsx），不超过 20 MB"),
    "account": gettext_lazy("文件中有账号或科目列时可不选"),
}


def upload(request: HttpRequest) -> HttpResponse:
    """Send in a file; the answer is its preview."""
    scope = scope_in(request)
    actor: Any = request.user
    accounts = masterdata.visible_accounts(scope).filter(company_id__in=scope.companies_with(RIGHT))

    def keep(data: bytes, name: str, values: dict[str, Any]) -> UploadedFile:
        wish = Wish(account_id=values["account"], mapping_id=values["mapping"])
        return journals.preview_file(data=data, filename=name, actor=actor, wish=wish)

    entrance = Entrance(
        purpose=PURPOSE,
        label=gettext_lazy("日记账文件"),
        hints=HINTS,
        targets=TARGETS,
        template="ledger/import.html",
        preview_url="ledger:import_preview",
        accounts=[(str(one.pk), f"{one.number} {one.name}") for one in accounts],
        preview=keep,
    )
    return upload_page.upload(request, entrance)


def preview(request: HttpRequest, file_id: int) -> HttpResponse:
    """What the file holds and what taking it in would do; afterwards what came of it."""
    file = own_file(request, file_id, purpose=PURPOSE)
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
    file = undecided_file(request, file_id, purpose=PURPOSE)
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
