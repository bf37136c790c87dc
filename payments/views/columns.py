"""Columns and filters the lists of payments share."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from desk.filters import (
    AmountRangeFilter,
    ChoiceFilter,
    CompanyFilter,
    DateRangeFilter,
    Filter,
)
from desk.rows import Column, Row
from desk.words import STATES
from kernel.scope import Scope
from masterdata import selectors as master
from payments import selectors
from payments.states import STATE_NAMES


def companies(scope: Scope) -> list[tuple[str, str]]:
    return [(str(company.pk), str(company)) for company in master.visible_companies(scope)]


def accounts(scope: Scope) -> list[tuple[str, str]]:
    return [
        (str(account.pk), f"{account.number} {account.company.short_name}")
        for account in master.visible_accounts(scope)
    ]


def states(_scope: Scope) -> list[tuple[str, Any]]:
    return [(state, STATES[state].word) for state in STATE_NAMES if state != "released"]


class PayeeFilter(Filter):
    """Payee by name, number or pinyin initials."""

    def condition(self, value: str) -> Q:
        """Name or number contains it; Latin letters also search the pinyin."""
        text = value[:60]
        found = Q(payee_name__icontains=text) | Q(payee_number__contains=text.replace(" ", ""))
        found |= Q(payee_code=text)
        if text.isascii():
            found |= Q(payee_account__counterparty__pinyin__contains=text.lower())
        return found


class NumberedFilter(Filter):
    """An order by its own number, its document's, an instruction's of any attempt, or the bank's."""

    def condition(self, value: str) -> Q:
        """One of those that have this number."""
        return Q(pk__in=selectors.orders_numbered(value.replace(" ", "")[:60]))


def banks(_scope: Scope) -> list[tuple[str, str]]:
    return master.bank_choices()


def order_link(row: Row) -> str:
    """The address of an order's page."""
    return reverse("payments:order", args=[row["order_no"]])


def approvals_note(row: Row) -> str:
    """The document an order comes from."""
    return f"{row['erp_doc_no']}-{row['erp_line_no']}"


ORDER_COLUMNS = (
    Column("order_no", _("付款单号"), kind="code", link=order_link, is_key=True),
    Column("shown_state", _("状态"), kind="state"),
    Column("amount", _("金额"), kind="money", sort="amount", note="currency"),
    Column("payee_name", _("收款户名")),
    Column("payee_number", _("收款账号"), kind="account"),
    Column("company__short_name", _("付款公司")),
    Column("payer_account__number", _("付款账号"), kind="account"),
    Column("purpose", _("用途")),
    Column("wish_date", _("期望付款日"), kind="day", sort="wish_date"),
    Column(
        "erp_doc_no",
        _("来源单据"),
        kind="code",
        value=approvals_note,
        needs=("erp_doc_no", "erp_line_no"),
    ),
    Column("instruction__instr_no", _("指令流水号"), kind="code"),
    Column("created_at", _("制单时间"), kind="datetime", sort="created_at"),
)
COMMON_FILTERS = (
    CompanyFilter("company", _("公司"), "company_id", choices=companies),
    ChoiceFilter("account", _("付款账户"), "payer_account_id", choices=accounts),
    ChoiceFilter("bank", _("付款银行"), "payer_account__bank__prefix", choices=banks),
    PayeeFilter("payee", _("收款方")),
    AmountRangeFilter("amount", _("金额")),
    DateRangeFilter("day", _("期望付款日"), "wish_date"),
    NumberedFilter("number", _("单号")),
)
