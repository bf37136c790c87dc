"""List pages: statement entries, checked days."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db.models import Count, QuerySet, Sum
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from desk.filters import (
    AmountRangeFilter,
    ChoiceFilter,
    CompanyFilter,
    DateRangeFilter,
    Filter,
    TextFilter,
)
from desk.pages import COUNT_CAP, ListPage, Total
from desk.rows import Column, Row
from kernel.references import is_reference
from kernel.scope import Scope
from masterdata import selectors as masterdata
from statements import movements, receipt_selectors, selectors
from statements.models import DayClose, StatementEntry

ZERO = Decimal("0.00")
DAYS = DateRangeFilter("day", _("银行日期"), field="bank_date")
YES_NO = {"True": True, "False": False}


def company_choices(scope: Scope) -> Sequence[tuple[str, str]]:
    """The viewer's companies."""
    rows = masterdata.visible_companies(scope).values_list("pk", "code", "short_name")
    return [(str(pk), f"{code} {name}") for pk, code, name in rows]


def account_choices(scope: Scope) -> Sequence[tuple[str, str]]:
    """The viewer's own accounts."""
    rows = masterdata.visible_accounts(scope).values_list("pk", "number", "name")
    return [(str(pk), f"{number} {name}") for pk, number, name in rows]


def _receipt_word(row: Row) -> str:
    receipts = row["receipts"]
    if not receipts:
        return "—"
    word = receipts[0].receipt_no if len(receipts) == 1 else f"{len(receipts)}"
    return str(word)


def _receipt_url(row: Row) -> str:
    receipts = row["receipts"]
    return reverse("statements:receipt", args=[receipts[0].pk]) if receipts else ""


def _payment_url(row: Row) -> str:
    """The payment an entry names by a number of ours."""
    if not is_reference(row["reference"]):
        return ""
    return f"{reverse('payments:orders')}?{urlencode({'number': row['reference']})}"


class EntriesPage(ListPage):
    """Statement entries in force, newest first."""

    key = "statements.entries"
    title = _("交易明细")
    caption = _("银行报来的账户明细，只增不改；银行更正过的明细显示最新版本。")
    order = "-booked_at"
    below = "statements/_sides.html"
    by_base: Sequence[str] = ("receipt",)
    needs: Sequence[str] = ("direction", "amount", "currency", "account_id")
    empty_title = _("没有符合条件的交易明细")
    empty_hint = _("明细每五分钟自动取一次，也可在余额页面立即刷新。")
    columns: Sequence[Column] = (
        Column("booked_at", _("银行记账时间"), kind="datetime", sort="booked_at", is_key=True),
        Column("account__number", _("账号"), kind="account"),
        Column("account__company__short_name", _("公司")),
        Column(
            "direction",
            _("收付"),
            value=lambda row: _("▼收") if row["direction"] == "credit" else _("▲付"),
        ),
        Column("amount", _("金额"), kind="money", note="currency", sort="amount", is_key=True),
        Column("balance_after", _("余额"), kind="money"),
        Column("counterparty_name", _("对方户名")),
        Column("counterparty_account", _("对方账号"), kind="account"),
        Column("narrative", _("摘要")),
        Column("reference", _("我方参考号"), kind="code", link=_payment_url),
        Column("bank_serial", _("银行流水号"), kind="code"),
        Column("receipt", _("回单"), value=_receipt_word, link=_receipt_url),
    )
    filters: Sequence[Filter] = (
        TextFilter(
            "q",
            _("对方 / 摘要 / 流水号"),
            fields=(
                "counterparty_name",
                "counterparty_account",
                "narrative",
                "purpose",
                "bank_serial",
                "reference",
            ),
        ),
        CompanyFilter("company", _("公司"), field="company_id", choices=company_choices),
        ChoiceFilter("account", _("账号"), field="account_id", choices=account_choices),
        ChoiceFilter(
            "bank",
            _("开户行"),
            field="account__bank__prefix",
            choices=lambda _scope: masterdata.bank_choices(),
        ),
        ChoiceFilter("direction", _("收付"), choices=(("credit", _("收入")), ("debit", _("支出")))),
        AmountRangeFilter("amount", _("金额")),
        DAYS,
        ChoiceFilter("receipt", _("回单"), choices=(("True", _("有回单")), ("False", _("缺回单")))),
    )

    def base(self, scope: Scope) -> QuerySet[Any]:
        """Entries in force the viewer may see; those a receipt proves, or the others, where that is asked for.

        The list is in the order of booking, and days lead to no index of it: the moments between which they were booked do.
        """
        rows = selectors.visible_entries(scope)
        first, last = (DAYS.read(self.given.get(key, "")) for key in DAYS.keys)
        if first and last:
            accounts = masterdata.visible_accounts(scope).order_by().values_list("pk", flat=True)
            moments = movements.booked_between(list(accounts), first, last)
            rows = rows.filter(booked_at__range=moments) if moments else rows.filter(pk__in=[])
        if (asked := self.given.get("receipt")) in YES_NO:
            rows = receipt_selectors.proven(rows, is_proven=YES_NO[asked])
        return rows

    def sums(self) -> list[tuple[str, str, Decimal, int]]:
        """(currency, direction, sum, count) of all filtered entries, or of one more than the cap of them; read once."""
        if self._sums is None:
            rows = self.filtered()
            if not self.adds_all:
                rows = StatementEntry.objects.filter(pk__in=rows.values("pk")[: COUNT_CAP + 1])
            told = rows.order_by().values_list("currency", "direction")
            self._sums = list(told.annotate(Sum("amount"), Count("pk")))
        return self._sums

    _sums: list[tuple[str, str, Decimal, int]] | None = None

    def totals(self) -> tuple[list[Total], bool]:
        """How many entries of each currency; the sums of both sides stand under the list."""
        counts: Counter[str] = Counter()
        for code, _direction, _amount, count in self.sums():
            counts[code] += count
        is_capped = not self.adds_all and counts.total() > COUNT_CAP
        return [Total(code, count, None) for code, count in sorted(counts.items())], is_capped

    def enrich(self, rows: list[dict[str, Any]]) -> None:
        """The receipts of each entry."""
        found = receipt_selectors.receipts_of_entries([row["pk"] for row in rows])
        for row in rows:
            row["receipts"] = found.get(row["pk"], [])

    def aside(self) -> Mapping[str, Any]:
        """Sums of both sides over all filtered entries, by currency; where there are too many to add up at once, only when
        asked to."""
        _counts, is_capped = self.totals()
        if is_capped:
            return {"sides": [], "sides_capped": True}
        sides: dict[str, dict[str, Any]] = {}
        for code, direction, amount, _count in self.sums():
            side = sides.setdefault(code, {"currency": code, "credit": ZERO, "debit": ZERO})
            side[direction] = amount
        for side in sides.values():
            side["net"] = side["credit"] - side["debit"]
        return {"sides": [sides[code] for code in sorted(sides)], "sides_capped": False}

    def footings(self, row: Row) -> Iterable[tuple[str, str, str, Decimal]]:
        """Sums of both sides and what they come to, as under the list."""
        code, amount = row["currency"], row["amount"]
        is_in = row["direction"] == "credit"
        for words, one in (
            (_now("收入合计"), amount if is_in else ZERO),
            (_now("支出合计"), ZERO if is_in else amount),
            (_now("净额"), amount if is_in else -amount),
        ):
            yield words, code, "amount", one

    def row_url(self, row: Row) -> str:
        """The entry's page."""
        return reverse("statements:entry", args=[row["pk"]])


class DaysPage(ListPage):
    """Checked days, newest first."""

    key = "statements.days"
    title = _("日终核对")
    by_base = ("differs",)
    caption = _("期初＋收入－支出＝期末；次日重新取得明细后该日关闭，差额须查明。")
    order = "-day"
    columns = (
        Column("day", _("日期"), kind="day", sort="day", is_key=True),
        Column("account__number", _("账号"), kind="account"),
        Column("account__company__short_name", _("公司")),
        Column("opening", _("期初"), kind="money"),
        Column("credits", _("收入"), kind="money"),
        Column("debits", _("支出"), kind="money"),
        Column("closing", _("期末"), kind="money"),
        Column("difference", _("差额"), kind="money"),
        Column("entry_count", _("笔数"), kind="number"),
        Column(
            "is_closed",
            _("状态"),
            value=lambda row: _("已关闭") if row["is_closed"] else _("暂定"),
            needs=("is_closed",),
        ),
        Column("note", _("说明")),
    )
    filters = (
        CompanyFilter("company", _("公司"), field="company_id", choices=company_choices),
        ChoiceFilter("account", _("账号"), field="account_id", choices=account_choices),
        DateRangeFilter("on", _("日期"), field="day"),
        ChoiceFilter("differs", _("有差额"), choices=(("1", _("只看有差额")),)),
    )

    def base(self, scope: Scope) -> QuerySet[DayClose]:
        """Checked days of accounts the viewer may see."""
        rows = selectors.visible_day_closes(scope)
        if self.given.get("differs"):
            rows = rows.exclude(difference=0).exclude(difference=None)
        return rows

    def row_url(self, row: Row) -> str:
        """The day's entries."""
        query = f"?account={row['account_id']}&day_from={row['day']}&day_to={row['day']}"
        return reverse("statements:entries") + query

    needs = ("account_id",)
