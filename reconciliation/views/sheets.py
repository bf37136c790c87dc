"""How a statement is drawn: the values its pages share, its paper, its workbook. Everything comes from the statement alone."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from desk.exports import XLSX
from desk.printing import qr_image, respond
from reconciliation import workbooks
from reconciliation.brs import CLASSES, OLD_DAYS, REASON_DAYS, Item, ItemClass, Sheet
from reconciliation.models import BankReconciliationStatement

SOURCES = {
    "told": gettext_lazy("银行日终余额"),
    "chain": gettext_lazy("逐笔余额"),
    "carried": gettext_lazy("由此前余额推算"),
}


def _tone(age: int) -> str:
    if age > REASON_DAYS:
        return "bad"
    return "you" if age > OLD_DAYS else ""


def _item(sheet: Sheet, item: Item, kind: ItemClass, account_id: int) -> dict[str, Any]:
    age = item.age(sheet.day)
    journal = reverse("ledger:journal", args=[account_id])
    side = "bank" if kind.is_bank else "book"
    return {
        "item": item,
        "age": age,
        "tone": _tone(age),
        "next_step": item.next_step or str(kind.next_step),
        "url": reverse("statements:entry", args=[item.id])
        if kind.is_bank
        else f"{journal}?month={item.day:%Y-%m}",
        "word_url": reverse("reconciliation:brs_item", args=[account_id, side, item.id])
        + f"?day={sheet.day}",
    }


def shown(sheet: Sheet, *, account_id: int) -> dict[str, Any]:
    """What a page shows of a statement."""
    classes = [
        {
            "kind": kind,
            "total": sheet.total(kind.name),
            "items": [_item(sheet, one, kind, account_id) for one in sheet.of(kind.name)],
        }
        for kind in CLASSES.values()
    ]
    return {
        "sheet": sheet,
        "classes": classes,
        "by_name": {one["kind"].name: one for one in classes},  # type: ignore[attr-defined]  # an ItemClass
        "source": SOURCES.get(sheet.balance_source, ""),
        "old": len(sheet.aged(OLD_DAYS)),
        "book_url": reverse("ledger:journal", args=[account_id]) + f"?month={sheet.day:%Y-%m}",
        "bank_url": reverse("statements:continuity_account", args=[account_id])
        + f"?month={sheet.day:%Y-%m}",
    }


def _name(sheet: Sheet) -> str:
    return f"{_('余额调节表')}-{sheet.number}-{sheet.day}"


def print_sheet(
    request: HttpRequest, sheet: Sheet, *, back: str, row: BankReconciliationStatement | None = None
) -> HttpResponse:
    """The statement on paper, or with `?format=pdf` as PDF. No time of printing stands on it: equal content, equal bytes."""
    digest = sheet.figures() if row is None else row.digest
    context = {
        "row": row,
        "digest": digest,
        "qr": qr_image(f"yqlink:brs:{sheet.number}:{sheet.day}:{digest[:16]}"),
        "back": back,
        **shown(sheet, account_id=0 if row is None else row.account_id),
    }
    return respond(request, "reconciliation/sheet_print.html", context, name=_name(sheet))


def workbook_of(sheet: Sheet, *, row: BankReconciliationStatement | None = None) -> HttpResponse:
    """The statement as a workbook with every item."""
    header = content_disposition_header(True, f"{_name(sheet)}.xlsx") or "attachment"
    return HttpResponse(
        workbooks.statement(sheet, row=row),
        content_type=XLSX,
        headers={"Content-Disposition": header},
    )
