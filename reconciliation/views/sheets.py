"""A statement on paper and as a workbook, as answers."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from desk.exports import XLSX
from desk.printing import respond
from reconciliation import workbooks
from reconciliation.brs import Sheet
from reconciliation.models import BankReconciliationStatement
from reconciliation.papers import PAPER, paper


def _name(sheet: Sheet) -> str:
    return f"{_('余额调节表')}-{sheet.number}-{sheet.day}"


def print_sheet(
    request: HttpRequest, sheet: Sheet, *, back: str, row: BankReconciliationStatement | None = None
) -> HttpResponse:
    """The statement on paper, or with `?format=pdf` as PDF."""
    return respond(request, PAPER, paper(sheet, row=row) | {"back": back}, name=_name(sheet))


def workbook_of(sheet: Sheet, *, row: BankReconciliationStatement | None = None) -> HttpResponse:
    """The statement as a workbook with every item."""
    header = content_disposition_header(True, f"{_name(sheet)}.xlsx") or "attachment"
    return HttpResponse(
        workbooks.statement(sheet, row=row),
        content_type=XLSX,
        headers={"Content-Disposition": header},
    )
