"""List pages of the comparison of both sides, and the words their cells are told in."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from desk.filters import (
    ChoiceFilter,
    CompanyFilter,
    DateRangeFilter,
    MoreThanFilter,
    NumberFilter,
    TextFilter,
)
from desk.pages import ListPage
from desk.rows import Column, Row
from desk.words import words_of
from erpbridge import selectors
from erpbridge.differing import WORDS, Bank, End
from kernel.scope import Scope
from masterdata.selectors import visible_companies

END_WORDS: dict[str, str | Promise] = {
    End.OPEN: _("在途"),
    End.PAID: _("已付"),
    End.UNPAID: _("未付成"),
    End.RETURNED: _("已退回"),
    End.REFUSED: _("被平台拒收"),
}
BANK_WORDS: dict[str, str | Promise] = {
    Bank.DEBITED: _("已扣款"),
    Bank.RETURNED: _("已退票"),
    Bank.OUTSIDE: _("平台外支付"),
    Bank.DUE: _("待对账单"),
    Bank.MISSING: _("无扣款"),
    Bank.UNCLAIMED: _("有未认领扣款"),
}


def document_words(document: str) -> str:
    """`付款申请单 FK1-2` of a document line; a posting key as it is."""
    parts = document.split("|")
    if len(parts) != 3:
        return document
    return f"{parts[0]} {parts[1]}" + (f"-{parts[2]}" if parts[2] != "1" else "")


def subject_url(code: str, subject_id: int | None, number: str) -> str:
    """The page of our order or voucher; "" where we have none."""
    if subject_id is None:
        return ""
    if code.startswith("voucher"):
        return reverse("ledger:voucher", args=[subject_id])
    return reverse("payments:order", args=[number]) if number else ""


def company_choices(scope: Scope) -> list[tuple[str, str]]:
    """Companies whose books the viewer may see."""
    rows = visible_companies(scope).filter(pk__in=scope.companies_with(selectors.BOOKS))
    return [(str(pk), f"{code} {name}") for pk, code, name in rows.values_list("pk", "code", "short_name")]  # fmt: skip


class ComparisonsPage(ListPage):
    """One comparison a system, company and day, newest first."""

    key = "erpbridge.comparisons"
    title = _("财务系统对账")
    caption = _(
        "每日把财务系统持有的付款单与凭证、平台的记录、银行的扣款逐笔比对；没有收到清单时，列出对方一直没有确认的。"
    )
    order = "-made_at"
    empty_title = _("还没有比对")
    empty_hint = _("财务系统报送清单后自动比对；没有清单时每天 8:00 后比对确认情况。")
    needs = ("held_list_id",)
    columns = (
        Column("day", _("日期"), kind="day", is_key=True),
        Column("client__name", _("财务系统")),
        Column("company__short_name", _("公司")),
        Column("held_list__list_no", _("对方清单"), kind="code"),
        Column("payments", _("付款单"), kind="number"),
        Column("vouchers", _("凭证"), kind="number"),
        Column("under_way", _("在途"), kind="number"),
        Column("differences", _("不一致"), kind="number", is_key=True),
        Column(
            "result",
            _("结果"),
            value=lambda row: _("不一致") if row["differences"] else _("两边一致"),
            needs=("differences",),
        ),
        Column("made_at", _("比对时间"), kind="datetime", sort="made_at"),
    )
    filters = (
        TextFilter("peer", _("财务系统"), fields=("client__name",)),
        CompanyFilter("company", _("公司"), field="company_id", choices=company_choices),
        MoreThanFilter("more", _("不一致多于"), field="differences"),
        DateRangeFilter("on", _("日期"), field="day"),
    )

    def base(self, scope: Scope) -> QuerySet[Any]:
        """Comparisons of the companies whose books the viewer may see."""
        return selectors.visible_comparisons(scope)

    def row_url(self, row: Row) -> str:
        """Its page."""
        return reverse("erpbridge:comparison", args=[row["pk"]])


class DifferencesPage(ListPage):
    """What comparisons found, newest first; exported as it is filtered."""

    key = "erpbridge.differences"
    title = _("财务系统对账 · 差异")
    caption = _("每次比对发现的每一处不一致：原因、两边与银行各怎么说、怎样处理。")
    order = "-since"
    empty_title = _("没有不一致")
    needs = ("code", "subject_id", "number", "comparison_id")
    columns = (
        Column("since", _("首次发现"), kind="datetime", sort="since"),
        Column("comparison__day", _("比对日期"), kind="day"),
        Column("comparison__client__name", _("财务系统")),
        Column("company__short_name", _("公司")),
        Column("title", _("不一致"), value=lambda row: WORDS[row["code"]].title, is_key=True),
        Column(
            "document",
            _("单据 / 记账键"),
            kind="code",
            value=lambda row: document_words(row["document"]),
            needs=("document",),
            link=lambda row: subject_url(row["code"], row["subject_id"], row["number"]),
        ),
        Column("amount", _("平台金额"), kind="money", note="currency"),
        Column("their_amount", _("对方金额"), kind="money", note="currency"),
        Column("ours", _("平台状态"), value=lambda row: words_of(row["state"]).word if row["state"] else "", needs=("state",)),
        Column("theirs", _("对方状态"), value=lambda row: END_WORDS.get(row["their_state"], ""), needs=("their_state",)),
        Column("banks", _("银行"), value=lambda row: BANK_WORDS.get(row["bank"], ""), needs=("bank",)),
        Column("told_at", _("告知时间"), kind="datetime"),
        Column("confirmed_at", _("对方确认"), kind="datetime"),
    )  # fmt: skip
    export_columns = (
        Column("their_number", _("对方登记的号码"), kind="code"),
        Column("why", _("原因"), value=lambda row: WORDS[row["code"]].why),
        Column("what_next", _("处理办法"), value=lambda row: WORDS[row["code"]].what_next),
    )
    filters = (
        NumberFilter("run", _("比对编号"), field="comparison_id"),
        TextFilter("q", _("单据 / 记账键"), fields=("document", "number")),
        CompanyFilter("company", _("公司"), field="company_id", choices=company_choices),
        ChoiceFilter("code", _("不一致"), choices=[(code, one.title) for code, one in WORDS.items()]),
        DateRangeFilter("since", _("首次发现"), field="since", moments=True),
    )  # fmt: skip

    def base(self, scope: Scope) -> QuerySet[Any]:
        """Differences of the companies whose books the viewer may see."""
        return selectors.visible_differences(scope)
