"""List pages: vouchers, journal entries, templates, months."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from desk.filters import AmountRangeFilter, ChoiceFilter, CompanyFilter, DateRangeFilter, TextFilter
from desk.pages import ListPage
from desk.rows import Column, Row
from desk.words import words_of
from kernel.scope import Scope
from ledger import selectors
from ledger.rules import EVENTS, VOUCHER_TYPES
from ledger.states import PeriodState, VoucherState
from masterdata import selectors as masterdata


def company_choices(scope: Scope) -> Sequence[tuple[str, str]]:
    """The companies whose books the viewer may see."""
    allowed = scope.companies_with(selectors.VIEW)
    rows = masterdata.visible_companies(scope).filter(pk__in=allowed)
    return [
        (str(pk), f"{code} {name}")
        for pk, code, name in rows.values_list("pk", "code", "short_name")
    ]


def account_choices(scope: Scope) -> Sequence[tuple[str, str]]:
    """The accounts whose books the viewer may see."""
    allowed = scope.companies_with(selectors.VIEW)
    rows = masterdata.visible_accounts(scope).filter(company_id__in=allowed)
    return [
        (str(pk), f"{number} {name}")
        for pk, number, name in rows.values_list("pk", "number", "name")
    ]


def event_title(event: str) -> str:
    """What an event is called; one nobody knows shows as itself."""
    kind = EVENTS.get(event)
    return event if kind is None else kind.title


def voucher_number(row: Row) -> str:
    """`付-0012`; a dash for a draft."""
    return f"{row['voucher_type']}-{row['voucher_no']:04d}" if row["voucher_no"] else ""


class VouchersPage(ListPage):
    """Vouchers, newest first."""

    key = "ledger.vouchers"
    title = _("凭证")
    caption = _("记账后内容不再改变，编号按公司、月份、凭证字连续；更正只用红字凭证。")
    order = "-day"
    amount, currency = "amount", "currency"
    needs = ("voucher_type", "voucher_no", "event", "reverses_id")
    empty_title = _("没有符合条件的凭证")
    empty_hint = _(
        "付款成功并与对账单核对后按模板自动记账；模板与开关见「凭证模板」和策略「自动记账」。"
    )
    columns = (
        Column("day", _("日期"), kind="day", sort="day", is_key=True),
        Column("number", _("凭证号"), kind="code", value=voucher_number, is_key=True),
        Column("description", _("摘要")),
        Column("amount", _("金额"), kind="money", note="currency", sort="amount", is_key=True),
        Column("state", _("状态"), kind="state"),
        Column("red", _("红字"), value=lambda row: _("红字") if row["reverses_id"] else ""),
        Column("event", _("业务"), value=lambda row: event_title(row["event"])),
        Column("company__short_name", _("公司")),
        Column("period", _("期间"), kind="code"),
        Column("erp_voucher_no", _("ERP 凭证号"), kind="code"),
        Column("posted_at", _("记账时间"), kind="datetime"),
    )
    filters = (
        TextFilter(
            "q", _("摘要 / ERP 凭证号"), fields=("description", "erp_voucher_no", "posting_key")
        ),
        CompanyFilter("company", _("公司"), field="company_id", choices=company_choices),
        ChoiceFilter(
            "state", _("状态"), choices=[(s.value, words_of(s.value).word) for s in VoucherState]
        ),
        ChoiceFilter(
            "type", _("凭证字"), field="voucher_type", choices=[(t, t) for t in VOUCHER_TYPES]
        ),
        ChoiceFilter(
            "event", _("业务"), choices=[(name, kind.title) for name, kind in EVENTS.items()]
        ),
        AmountRangeFilter("amount", _("金额")),
        DateRangeFilter("on", _("日期"), field="day"),
    )

    def base(self, scope: Scope) -> QuerySet[Any]:
        """Vouchers of the companies whose books the viewer may see."""
        return selectors.visible_vouchers(scope)

    def row_url(self, row: Row) -> str:
        """The voucher's page."""
        return reverse("ledger:voucher", args=[row["pk"]])


class JournalPage(ListPage):
    """Journal entries of all accounts, newest first: for searching; the book itself has its own page."""

    key = "ledger.entries"
    title = _("日记账明细")
    caption = _("各账户银行存款日记账的分录，来自本系统凭证或 ERP 日记账导入。")
    order = "-day"
    amount, currency = "amount", "currency"
    needs = ("direction", "voucher_type", "voucher_no", "account_id", "period", "is_red")
    columns = (
        Column("day", _("日期"), kind="day", sort="day", is_key=True),
        Column("account__number", _("账号"), kind="account"),
        Column(
            "voucher",
            _("凭证"),
            kind="code",
            value=lambda row: "-".join(filter(None, (row["voucher_type"], row["voucher_no"]))),
        ),
        Column(
            "side",
            _("借贷"),
            value=lambda row: _("▼借") if row["direction"] == "debit" else _("▲贷"),
        ),
        Column("amount", _("金额"), kind="money", note="currency", is_key=True),
        Column("red", _("红字"), value=lambda row: _("红字") if row["is_red"] else ""),
        Column("description", _("摘要")),
        Column("counterparty_name", _("对方户名")),
        Column("bill_no", _("票号"), kind="code"),
        Column("opposite_subject", _("对方科目"), kind="code"),
        Column("reference", _("参考号"), kind="code"),
    )
    filters = (
        TextFilter(
            "q",
            _("摘要 / 对方 / 票号"),
            fields=("description", "counterparty_name", "bill_no", "reference", "voucher_no"),
        ),
        CompanyFilter("company", _("公司"), field="company_id", choices=company_choices),
        ChoiceFilter("account", _("账号"), field="account_id", choices=account_choices),
        ChoiceFilter(
            "direction",
            _("借贷"),
            choices=(("debit", _("借方（收入）")), ("credit", _("贷方（支出）"))),
        ),
        AmountRangeFilter("amount", _("金额")),
        DateRangeFilter("on", _("日期"), field="day"),
    )

    def base(self, scope: Scope) -> QuerySet[Any]:
        """Entries of the companies whose books the viewer may see."""
        return selectors.visible_journal(scope)

    def row_url(self, row: Row) -> str:
        """The account's month."""
        return reverse("ledger:journal", args=[row["account_id"]]) + f"?month={row['period']}"


class TemplatesPage(ListPage):
    """Every version of the voucher templates, by event."""

    key = "ledger.templates"
    title = _("凭证模板")
    caption = _(
        "按业务、公司、账户科目决定分录；新版本由两人办理，旧版本保留。没有分录的版本表示该业务不记账。"
    )
    order = "-id"
    can_export = False
    needs = ("event", "lines", "number", "company_id", "valid_from")
    columns = (
        Column("event", _("业务"), value=lambda row: event_title(row["event"]), is_key=True),
        Column("name", _("名称")),
        Column(
            "company",
            _("公司"),
            value=lambda row: row["company__short_name"] or _("全集团"),
            needs=("company__short_name",),
        ),
        Column("subject", _("账户科目"), kind="code"),
        Column("number", _("版本"), kind="number"),
        Column("valid_from", _("生效日期"), kind="day"),
        Column("voucher_type", _("凭证字"), kind="code"),
        Column(
            "count", _("分录"), kind="number", value=lambda row: len(row["lines"].get("lines", []))
        ),
        Column("source_note", _("依据")),
    )
    filters = (
        ChoiceFilter(
            "event", _("业务"), choices=[(name, kind.title) for name, kind in EVENTS.items()]
        ),
        CompanyFilter("company", _("公司"), field="company_id", choices=company_choices),
    )

    def base(self, scope: Scope) -> QuerySet[Any]:
        """Versions that hold for the viewer's companies."""
        return selectors.visible_templates(scope)

    def row_url(self, row: Row) -> str:
        """The version's page."""
        return reverse("ledger:template", args=[row["pk"]])


class PeriodsPage(ListPage):
    """Months of the companies, newest first."""

    key = "ledger.periods"
    title = _("会计期间")
    caption = _("锁定后该月不再接受凭证和日记账；锁定与重新打开均由两人办理并说明原因。")
    order = "-id"
    can_export = False
    needs = ("company_id",)
    columns = (
        Column("code", _("期间"), kind="code", is_key=True),
        Column("company__short_name", _("公司")),
        Column("state", _("状态"), kind="state"),
        Column("asked_by__display_name", _("提出人")),
        Column("decided_by__display_name", _("复核人")),
        Column("changed_at", _("时间"), kind="datetime"),
        Column("reason", _("原因")),
    )
    filters = (
        CompanyFilter("company", _("公司"), field="company_id", choices=company_choices),
        ChoiceFilter(
            "state", _("状态"), choices=[(s.value, words_of(s.value).word) for s in PeriodState]
        ),
    )

    def base(self, scope: Scope) -> QuerySet[Any]:
        """Months of the companies whose books the viewer may see."""
        return selectors.visible_periods(scope)

    def row_url(self, row: Row) -> str:
        """The month's close."""
        return reverse("reconciliation:close", args=[row["company_id"], row["code"]])
