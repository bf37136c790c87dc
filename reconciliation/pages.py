"""List pages: statements people signed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from desk.filters import ChoiceFilter, CompanyFilter, DateRangeFilter
from desk.pages import ListPage
from desk.rows import Column, Row
from desk.words import words_of
from kernel.scope import Scope
from masterdata import selectors as masterdata
from reconciliation import statement_selectors as reads
from reconciliation.selectors import VIEW
from reconciliation.states import StatementState


def company_choices(scope: Scope) -> Sequence[tuple[str, str]]:
    """The companies whose reconciliation the viewer may see."""
    rows = masterdata.visible_companies(scope).filter(pk__in=scope.companies_with(VIEW))
    return [
        (str(pk), f"{code} {name}")
        for pk, code, name in rows.values_list("pk", "code", "short_name")
    ]


def account_choices(scope: Scope) -> Sequence[tuple[str, str]]:
    """The accounts whose reconciliation the viewer may see."""
    rows = masterdata.visible_accounts(scope).filter(company_id__in=scope.companies_with(VIEW))
    return [
        (str(pk), f"{number} {name}")
        for pk, number, name in rows.values_list("pk", "number", "name")
    ]


class StatementsPage(ListPage):
    """Signed statements of all accounts, newest first: the archive."""

    key = "reconciliation.statements"
    title = _("余额调节表档案")
    caption = _("每一版签过字的调节表，连同内容指纹；内容不再改变，可随时按当时资料重新计算。")
    order = "-day"
    columns = (
        Column("day", _("截止日期"), kind="day", sort="day", is_key=True),
        Column("account__number", _("账号"), kind="account", is_key=True),
        Column("account__company__short_name", _("公司")),
        Column("number", _("版本"), kind="number"),
        Column("state", _("状态"), kind="state"),
        Column("item_count", _("未达笔数"), kind="number"),
        Column("prepared_by__display_name", _("制表")),
        Column("prepared_at", _("制表时间"), kind="datetime"),
        Column("reviewed_by__display_name", _("复核")),
        Column("reviewed_at", _("复核时间"), kind="datetime"),
        Column(
            "digest",
            _("内容指纹"),
            kind="code",
            value=lambda row: row["digest"][:12],
            needs=("digest",),
        ),
    )
    filters = (
        CompanyFilter("company", _("公司"), field="company_id", choices=company_choices),
        ChoiceFilter("account", _("账号"), field="account_id", choices=account_choices),
        ChoiceFilter(
            "state", _("状态"), choices=[(s.value, words_of(s.value).word) for s in StatementState]
        ),
        DateRangeFilter("on", _("截止日期"), field="day"),
    )

    def base(self, scope: Scope) -> QuerySet[Any]:
        """Statements of the companies whose reconciliation the viewer may see."""
        return reads.visible_statements(scope)

    def row_url(self, row: Row) -> str:
        """The statement's page."""
        return reverse("reconciliation:brs", args=[row["pk"]])
