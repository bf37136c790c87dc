"""The bank journal as a workbook: real numbers, frozen heading, daily and monthly totals, who and when."""

from __future__ import annotations

import io
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from desk.exports import safe_text
from kernel import clock
from ledger.journal import DAY, ENTRY, BookLine

if TYPE_CHECKING:
    from ledger.reading import MonthBook

LINES_MAX = 200_000
_WIDTHS = (12, 11, 36, 10, 20, 14, 24, 16, 16, 18)


def journal(book: MonthBook, *, who: str) -> bytes:
    """One account's month."""
    import xlsxwriter  # few processes write a sheet

    target = io.BytesIO()
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    workbook = xlsxwriter.Workbook(target, options)
    sheet = workbook.add_worksheet(book.month)
    forms = {
        "money": workbook.add_format({"num_format": "#,##0.00"}),
        "day": workbook.add_format({"num_format": "yyyy-mm-dd"}),
        "text": workbook.add_format({"num_format": "@"}),
        "head": workbook.add_format({"bold": True, "bg_color": "#EAF1FC", "bottom": 1}),
        "sum": workbook.add_format({"bold": True, "num_format": "#,##0.00", "bg_color": "#F3F5F8"}),
        "sum_text": workbook.add_format({"bold": True, "bg_color": "#F3F5F8"}),
    }
    account = book.account
    title = _("银行存款日记账　%(account)s %(name)s　%(month)s　%(currency)s　导出人：%(who)s　导出时间：%(when)s") % {
        "account": account.number, "name": account.name, "month": book.month, "currency": account.currency,
        "who": who, "when": clock.now().strftime("%Y-%m-%d %H:%M"),
    }  # fmt: skip
    sheet.write_string(0, 0, title)
    heads = (
        _("日期"), _("凭证"), _("摘要"), _("结算方式"), _("票号"), _("对方科目"), _("对方户名"), _("借方"), _("贷方"), _("余额"),
    )  # fmt: skip
    for at, (head, width) in enumerate(zip(heads, _WIDTHS, strict=True)):
        sheet.write_string(1, at, head, forms["head"])
        sheet.set_column(at, at, width)
    sheet.freeze_panes(2, 0)
    sheet.write_string(2, 2, _("承前余额"), forms["sum_text"])
    _number(sheet, 2, 9, book.opening, forms["sum"])
    for row, line in enumerate(book.lines, start=3):
        _line(sheet, row, line, forms)
    workbook.close()
    return target.getvalue()


def _number(sheet: Any, row: int, at: int, value: Decimal | None, form: Any) -> None:
    if value is not None:
        sheet.write_number(row, at, float(value), form)  # a spreadsheet has no other number


def _line(sheet: Any, row: int, line: BookLine, forms: dict[str, Any]) -> None:
    sheet.write_datetime(row, 0, line.day, forms["day"])
    posting = line.posting
    if line.kind == ENTRY and posting is not None:
        texts = (
            "-".join(filter(None, (posting.voucher_type, posting.voucher_no))),
            posting.description,
            posting.settlement_method,
            posting.bill_no,
            posting.opposite_subject,
            posting.counterparty_name,
        )
        for at, text in enumerate(texts, start=1):
            if text:
                sheet.write_string(row, at, safe_text(text), forms["text"])
    else:
        words = _("本日合计") if line.kind == DAY else _("本月合计")
        sheet.write_string(row, 2, words, forms["sum_text"])
    form = forms["money"] if line.kind == ENTRY else forms["sum"]
    for at, value in ((7, line.debit), (8, line.credit)):
        if value or line.kind != ENTRY:
            _number(sheet, row, at, value, form)
    _number(sheet, row, 9, line.balance, form)
