"""Electronic receipts: the list, one receipt, its file, its print, and many in a ZIP."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from desk.pages import picked_ids, render_list
from desk.viewing import scope_in
from statements import filing, receipt_selectors
from statements.receipt_pages import READ, RULE_WORDS, ReceiptsPage
from statements.services import packs
from statements.services import receipts as services

if TYPE_CHECKING:
    from masterdata.models import User

VIEW = "statements.view"


def _actor(request: HttpRequest) -> User:
    return request.user  # type: ignore[return-value]  # the gate stands before every view


@require_safe
def receipts(request: HttpRequest) -> HttpResponseBase:
    """The list of receipts."""
    scope_in(request).demand(VIEW)
    return render_list(request, ReceiptsPage)


@require_safe
def receipt(request: HttpRequest, receipt_id: int) -> HttpResponse:
    """One receipt: what the bank told of it, the entry it proves, its file and its prints."""
    scope = scope_in(request)
    scope.demand(VIEW)
    row = receipt_selectors.get_receipt(receipt_id, scope=scope)
    context = {
        "receipt": row,
        "rule": RULE_WORDS.get(row.link_rule, ""),
        "may_read": row.company_id in scope.companies_with(READ),
        "opens": row.file is not None and row.file.media in filing.CONTENT_TYPES,
    }
    return render(request, "statements/receipt.html", context)


@require_safe
def receipt_file(request: HttpRequest, receipt_id: int) -> HttpResponse:
    """The file: to keep, or with `?open=1` to look at where it is a PDF or a picture."""
    row, data = services.read_file(
        receipt_id=receipt_id, actor=_actor(request), scope=scope_in(request)
    )
    media = row.file.media if row.file is not None else "other"
    shows = request.GET.get("open") == "1" and media in filing.CONTENT_TYPES
    kind = filing.CONTENT_TYPES[media] if shows else "application/octet-stream"
    response = HttpResponse(data, content_type=kind)
    name = content_disposition_header(not shows, services.named(row)) or "attachment"
    response.headers["Content-Disposition"] = name
    response.headers["Cache-Control"] = "no-store"
    return response


@require_POST
def receipt_print(request: HttpRequest, receipt_id: int) -> HttpResponse:
    """Count a print, then show the file to the printer."""
    services.note_print(receipt_id=receipt_id, actor=_actor(request), scope=scope_in(request))
    return HttpResponseRedirect(reverse("statements:receipt_file", args=[receipt_id]) + "?open=1")


@require_POST
def receipt_pack(request: HttpRequest) -> HttpResponse:
    """A ZIP of the ticked receipts, made in the background."""
    job = packs.ask_for_pack(
        receipt_ids=picked_ids(request.POST), actor=_actor(request), scope=scope_in(request)
    )
    messages.success(request, _("正在打包，完成后可在此下载。"))
    return HttpResponseRedirect(reverse("desk:job", args=[job.pk]))
