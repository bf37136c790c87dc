"""How a statement is drawn: the values its pages and its paper share. Everything comes from the statement alone."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from desk.printing import qr_image
from reconciliation.brs import CLASSES, OLD_DAYS, REASON_DAYS, Item, ItemClass, Sheet
from reconciliation.models import BankReconciliationStatement

PAPER = "reconciliation/sheet_print.html"
SOURCES = {
    "told": _("银行日终余额"),
    "chain": _("逐笔余额"),
    "carried": _("由此前余额推算"),
}


def age_tone(age: int) -> str:
    """How the age of an item is shown."""
    if age > REASON_DAYS:
        return "bad"
    return "you" if age > OLD_DAYS else ""


def line_url(account_id: int, item: Item, kind: ItemClass) -> str:
    """Where the line itself stands: the bank's entry, or the journal's entries of its day and voucher."""
    if kind.is_bank:
        return reverse("statements:entry", args=[item.id])
    number = item.document.rpartition("-")[2]
    asked = {"account": account_id, "on_from": item.day, "on_to": item.day, "q": number}
    return f"{reverse('ledger:entries')}?{urlencode(asked)}"


def opened_at(bank: str, branch: str) -> str:
    """开户行: the bank and its branch, the bank once where the branch's name begins with it."""
    return branch if branch.startswith(bank) else f"{bank} {branch}".strip()


def _item(sheet: Sheet, item: Item, kind: ItemClass, account_id: int) -> dict[str, Any]:
    age = item.age(sheet.day)
    side = "bank" if kind.is_bank else "book"
    return {
        "item": item,
        "age": age,
        "tone": age_tone(age),
        "next_step": item.next_step or str(kind.next_step),
        "url": line_url(account_id, item, kind),
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
        "opened_at": opened_at(sheet.bank, sheet.branch),
        "classes": classes,
        "by_name": {one["kind"].name: one for one in classes},  # type: ignore[attr-defined]  # an ItemClass
        "source": SOURCES.get(sheet.balance_source, ""),
        "old": len(sheet.aged(OLD_DAYS)),
        "book_url": reverse("ledger:journal", args=[account_id]) + f"?month={sheet.day:%Y-%m}",
        "bank_url": reverse("statements:continuity_account", args=[account_id])
        + f"?month={sheet.day:%Y-%m}",
    }


def paper(sheet: Sheet, *, row: BankReconciliationStatement | None = None) -> dict[str, Any]:
    """What stands on paper: no time of printing, so that equal content gives equal bytes."""
    digest = sheet.figures() if row is None else row.digest
    return {
        "row": row,
        "digest": digest,
        "qr": qr_image(f"yqlink:brs:{sheet.number}:{sheet.day}:{digest[:16]}"),
        **shown(sheet, account_id=0 if row is None else row.account_id),
    }


def statement_html(row: BankReconciliationStatement) -> str:
    """The signed statement as the PDF is drawn from, without a request."""
    return render_to_string(PAPER, paper(row.sheet, row=row) | {"is_pdf": True, "back": ""})
