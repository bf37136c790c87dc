"""The reconciliation statement as a workbook: the form as printed, and every item. Equal content gives equal bytes."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from desk.exports import safe_text
from kernel.clock import SHANGHAI
from reconciliation.brs import BANK_IN, BANK_OUT, BOOK_IN, BOOK_OUT, CLASSES, Item, Sheet
from reconciliation.papers import opened_at

if TYPE_CHECKING:
    from masterdata.models import OwnAccount
    from reconciliation.models import BankReconciliationStatement

_ITEM_WIDTHS = (24, 12, 22, 28, 36, 18, 8, 30, 12, 30)


def statement(sheet: Sheet, *, row: BankReconciliationStatement | None = None) -> bytes:
    """One statement; with its signatures where `row` holds them."""
    target = io.BytesIO()
    book, forms = _book(target)
    book.set_properties(
        {"created": sheet.known_at.replace(tzinfo=None)}
    )  # else the hour it is drawn
    _form(book.add_worksheet(_("余额调节表")), sheet, row, forms)
    items = [one for kind in CLASSES for one in sheet.of(kind)]
    _items(book.add_worksheet(_("未达账项")), items, sheet.day, forms)
    book.close()
    return target.getvalue()


def items_list(found: Sequence[tuple[OwnAccount, Item, str]], day: date) -> bytes:
    """Items of many accounts, each with its account, currency and difference before it, as the list shows them."""
    target = io.BytesIO()
    book, forms = _book(target)
    page = book.add_worksheet(_("未达账项"))
    for at, (head, width) in enumerate(
        ((_("账号"), 26), (_("公司"), 16), (_("币种"), 8), (_("差异"), 34))
    ):
        page.write_string(0, at, head, forms["head"])
        page.set_column(at, at, width)
    for row, (account, _item, difference) in enumerate(found, start=1):
        words = (account.number, account.company.short_name, account.currency, difference)
        for at, text in enumerate(words):
            page.write_string(row, at, safe_text(text), forms["text"])
    _items(page, [item for _account, item, _difference in found], day, forms, first=4)
    book.close()
    return target.getvalue()


def _book(target: io.BytesIO) -> tuple[Any, dict[str, Any]]:
    import xlsxwriter  # few processes write a sheet

    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(target, options)
    return book, {
        "money": book.add_format({"num_format": "#,##0.00"}),
        "sum": book.add_format({"bold": True, "num_format": "#,##0.00", "bg_color": "#F3F5F8"}),
        "day": book.add_format({"num_format": "yyyy-mm-dd"}),
        "head": book.add_format({"bold": True, "bg_color": "#EAF1FC", "bottom": 1}),
        "title": book.add_format({"bold": True, "font_size": 14}),
        "text": book.add_format({"num_format": "@"}),
    }


def _number(page: Any, row: int, at: int, value: Decimal | None, form: Any) -> None:
    if value is None:
        page.write_string(row, at, "—")
    else:
        page.write_number(row, at, float(value), form)  # a spreadsheet has no other number


def _form(
    page: Any, sheet: Sheet, row: BankReconciliationStatement | None, forms: dict[str, Any]
) -> None:
    page.set_column(0, 0, 36)
    page.set_column(1, 1, 20)
    page.set_column(2, 2, 36)
    page.set_column(3, 3, 20)
    page.write_string(0, 0, _("银行存款余额调节表"), forms["title"])
    known = sheet.known_at.astimezone(SHANGHAI)
    facts = (
        (_("编制单位"), sheet.company), (_("开户行"), opened_at(sheet.bank, sheet.branch)), (_("账号"), sheet.number),
        (_("币种"), sheet.currency), (_("截止日期"), sheet.day.isoformat()), (_("依据时点"), f"{known:%Y-%m-%d %H:%M:%S}"),
    )  # fmt: skip
    for at, (name, value) in enumerate(facts, start=1):
        page.write_string(at, 0, name)
        page.write_string(at, 1, safe_text(value), forms["text"])
    lines = (
        (_("企业银行存款日记账余额"), sheet.book, _("银行对账单余额"), sheet.balance, "money"),
        (f"{_('加')}：{CLASSES[BANK_IN].title}", sheet.total(BANK_IN),
         f"{_('加')}：{CLASSES[BOOK_IN].title}", sheet.total(BOOK_IN), "money"),
        (f"{_('减')}：{CLASSES[BANK_OUT].title}", sheet.total(BANK_OUT),
         f"{_('减')}：{CLASSES[BOOK_OUT].title}", sheet.total(BOOK_OUT), "money"),
        (_("调节后余额"), sheet.adjusted_book, _("调节后余额"), sheet.adjusted_bank, "sum"),
    )  # fmt: skip
    for at, (left, a, right, b, form) in enumerate(lines, start=8):
        page.write_string(at, 0, str(left))
        _number(page, at, 1, a, forms[form])
        page.write_string(at, 2, str(right))
        _number(page, at, 3, b, forms[form])
    page.write_string(12, 0, _("差额"))
    _number(page, 12, 1, sheet.difference, forms["sum"])
    if row is not None:
        page.write_string(14, 0, _("制表"))
        page.write_string(14, 1, safe_text(row.prepared_by.display_name))
        page.write_string(14, 2, _("复核"))
        page.write_string(14, 3, safe_text(row.reviewed_by.display_name if row.reviewed_by else ""))
        page.write_string(15, 0, _("内容指纹"))
        page.write_string(15, 1, row.digest)


def _items(
    page: Any, items: Sequence[Item], day: date, forms: dict[str, Any], *, first: int = 0
) -> None:
    heads = (
        _("类别"), _("日期"), _("凭证号 / 流水号"), _("对方户名"), _("摘要"), _("金额"), _("账龄（天）"), _("原因"), _("处理人"), _("下一步"),
    )  # fmt: skip
    for at, (head, width) in enumerate(zip(heads, _ITEM_WIDTHS, strict=True), start=first):
        page.write_string(0, at, head, forms["head"])
        page.set_column(at, at, width)
    page.freeze_panes(1, 0)
    for row, one in enumerate(items, start=1):
        kind = CLASSES[one.kind]
        page.write_string(row, first, str(kind.title))
        page.write_datetime(row, first + 1, one.day, forms["day"])
        for at, text in (
            (2, one.document),
            (3, one.party),
            (4, one.text),
            (7, one.reason),
            (8, one.owner),
            (9, one.next_step or str(kind.next_step)),
        ):
            page.write_string(row, first + at, safe_text(text), forms["text"])
        _number(page, row, first + 5, one.amount, forms["money"])
        page.write_number(row, first + 6, one.age(day))
