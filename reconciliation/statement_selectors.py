"""Reads of the statements people sign. Functions without a `scope` are system look-ups and say so."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from django.db.models import QuerySet

import ledger.asof
import statements.selectors
from kernel.errors import NotFound
from kernel.scope import Scope
from reconciliation.models import BankReconciliationStatement, OutstandingItem
from reconciliation.selectors import VIEW
from reconciliation.states import StatementState


def is_line_of(account_id: int, side: str, line_id: int) -> bool:
    """Whether a line of this side is one of the account's. System look-up: the caller scoped the account."""
    if side == OutstandingItem.Side.BANK:
        found = statements.selectors.entries_of([line_id])
        return bool(found) and found[0].account_id == account_id
    lines = ledger.asof.entries_of([line_id])
    return bool(lines) and lines[0].account_id == account_id


def visible_statements(scope: Scope) -> QuerySet[BankReconciliationStatement]:
    """Signed statements of the companies whose reconciliation the viewer may see, newest first."""
    return (
        BankReconciliationStatement.objects.filter(company_id__in=scope.companies_with(VIEW))
        .select_related("account__company", "account__bank", "prepared_by", "reviewed_by")
        .order_by("-day", "-pk")
    )


def get_statement(
    statement_id: int, *, scope: Scope, lock: bool = False
) -> BankReconciliationStatement:
    """One signed statement; out of scope looks exactly like absent."""
    rows = visible_statements(scope)
    rows = rows.select_for_update(of=("self",)) if lock else rows
    found = rows.filter(pk=statement_id).first()
    if found is None:
        raise NotFound("reconciliation statement", "未找到该调节表")
    return found


def statements_of(account_id: int, day: date) -> list[BankReconciliationStatement]:
    """Every version of the account's statement of a day, newest first. System look-up: the caller scoped the account."""
    rows = BankReconciliationStatement.objects.filter(account_id=account_id, day=day)
    return list(rows.select_related("prepared_by", "reviewed_by").order_by("-number"))


def standing_statements(
    account_ids: Collection[int], day: date
) -> dict[int, BankReconciliationStatement]:
    """The newest version of each account's statement of a day that is neither sent back nor superseded. System look-up."""
    rows = BankReconciliationStatement.objects.filter(
        account_id__in=account_ids,
        day=day,
        state__in=[StatementState.PREPARED, StatementState.REVIEWED],
    ).select_related("prepared_by", "reviewed_by")
    return {row.account_id: row for row in rows.order_by("account_id", "number")}


def signed_days(account_ids: Collection[int], *, since: date) -> dict[int, dict[date, str]]:
    """The state of each day's newest statement since a day, by account: for the strip of past months. System look-up."""
    rows = BankReconciliationStatement.objects.filter(
        account_id__in=account_ids, day__gte=since
    ).order_by("account_id", "day", "number")
    found: dict[int, dict[date, str]] = {}
    for account_id, day, state in rows.values_list("account_id", "day", "state"):
        found.setdefault(account_id, {})[day] = state
    return found
