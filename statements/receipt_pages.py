"""List page of electronic receipts."""

from __future__ import annotations

from django.db.models import QuerySet
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext_lazy as _

from desk.filters import AmountRangeFilter, ChoiceFilter, CompanyFilter, DateRangeFilter, TextFilter
from desk.pages import BulkAction, ListPage
from desk.rows import Column, Row
from kernel.scope import Scope
from statements import receipt_selectors
from statements.models import BankReceipt
from statements.pages import account_choices, company_choices

READ = "statements.receipts"
FILE_WORDS = {
    "waiting": _("待下载"),
    "stored": _("已取得"),
    "at_bank": _("在银行端"),
}
RULE_WORDS = {
    "serial": _("银行流水号一致"),
    "party": _("日期、金额、对方账号一致，唯一"),
    "amount": _("日期、金额一致，唯一"),
}


def _side(row: Row) -> object:
    return {"credit": _("▼收"), "debit": _("▲付")}.get(row["direction"], "—")


def _entry_url(row: Row) -> str:
    return reverse("statements:entry", args=[row["entry_id"]]) if row["entry_id"] else ""


def _proves(row: Row) -> object:
    if row["covers_day"]:
        return _("当日全部明细")
    return row["entry__bank_serial"] or _("未对应")


class ReceiptsPage(ListPage):
    """Electronic receipts, newest day first."""

    key = "statements.receipts"
    by_base = ("tied", "printed")
    title = _("电子回单")
    caption = _("银行列出的回单与取得的文件；按流水号、对方与金额对应到交易明细，分不清的不猜。")
    order = "-day"
    selectable = True
    amount, currency = "amount", "currency"
    needs = ("account_id", "currency", "amount")
    empty_title = _("没有符合条件的电子回单")
    empty_hint = _("系统按各银行的规则自动取回单；不提供回单接口的银行见“资料完整性”。")
    actions = [
        BulkAction(
            _("打包下载"), url=reverse_lazy("statements:receipt_pack"), tone="primary", right=READ
        )
    ]
    columns = (
        Column("day", _("日期"), kind="day", sort="day", is_key=True),
        Column(
            "receipt_no",
            _("回单号"),
            kind="code",
            link=lambda row: reverse("statements:receipt", args=[row["pk"]]),
            is_key=True,
        ),
        Column("account__number", _("账号"), kind="account"),
        Column("direction", _("收付"), value=_side, needs=("direction",)),
        Column("amount", _("金额"), kind="money", note="currency", is_key=True),
        Column("counterparty_account", _("对方账号"), kind="account"),
        Column(
            "entry__bank_serial", _("对应明细"), value=_proves, link=_entry_url,
            needs=("entry_id", "entry__bank_serial", "covers_day"), is_key=True,
        ),
        Column(
            "file_state", _("文件"), value=lambda row: FILE_WORDS.get(row["file_state"], row["file_state"]),
            needs=("file_state",), is_key=True,
        ),
        Column("print_count", _("打印"), kind="number"),
        Column("account__company__short_name", _("公司")),
        Column("listed_at", _("列出时间"), kind="datetime"),
    )  # fmt: skip
    filters = (
        TextFilter("q", _("回单号 / 流水号 / 验证码"), fields=("receipt_no", "bank_serial", "verify_code")),
        CompanyFilter("company", _("公司"), field="company_id", choices=company_choices),
        ChoiceFilter("account", _("账号"), field="account_id", choices=account_choices),
        ChoiceFilter("direction", _("收付"), choices=(("credit", _("收入")), ("debit", _("支出")))),
        AmountRangeFilter("amount", _("金额")),
        DateRangeFilter("on", _("日期"), field="day"),
        ChoiceFilter("file", _("文件"), field="file_state", choices=tuple(FILE_WORDS.items())),
        ChoiceFilter("tied", _("对应明细"), choices=(("yes", _("已对应")), ("no", _("未对应")))),
        ChoiceFilter("printed", _("打印"), choices=(("yes", _("已打印")), ("no", _("未打印")))),
    )  # fmt: skip

    def base(self, scope: Scope) -> QuerySet[BankReceipt]:
        """Receipts of accounts the viewer may see, narrowed by what no column of its own says."""
        rows = receipt_selectors.visible_receipts(scope)
        if self.given.get("tied") in ("yes", "no"):
            is_open = self.given["tied"] == "no"
            rows = rows.filter(entry__isnull=is_open)
            rows = rows.filter(covers_day=False) if is_open else rows
        if self.given.get("printed") in ("yes", "no"):
            rows = rows.filter(printed_at__isnull=self.given["printed"] == "no")
        return rows

    def row_url(self, row: Row) -> str:
        """The receipt's page."""
        return reverse("statements:receipt", args=[row["pk"]])
