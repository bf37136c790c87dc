"""Reads behind the daily reconciliation: a day's entries of many accounts, and its check. System look-ups: the caller
scoped the accounts."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Max, Min, QuerySet

from statements.models import DayClose, StatementEntry
from statements.selectors import in_force


@dataclass(frozen=True)
class DayLine:
    """An entry in force as the daily reconciliation sees it."""

    id: int
    account_id: int
    direction: str
    amount: Decimal
    reference: str
    party: str
    party_account: str
    text: str
    serial: str

    @property
    def is_debit(self) -> bool:
        """Whether money went out."""
        return self.direction == "debit"


def day_lines(account_ids: Collection[int], day: date) -> list[DayLine]:
    """The entries in force of a day, in the bank's order."""
    rows = in_force(StatementEntry.objects.filter(account_id__in=account_ids, bank_date=day))
    found = rows.order_by("account_id", "booked_at", "pk").values_list(
        "pk", "account_id", "direction", "amount", "reference", "counterparty_name", "counterparty_account",
        "narrative", "purpose", "bank_serial",
    )  # fmt: skip
    return [
        DayLine(pk, account, side, amount, ref, party, number, f"{said} {purpose}".strip(), serial)
        for pk, account, side, amount, ref, party, number, said, purpose, serial in found
    ]


def day_checks(account_ids: Collection[int], day: date) -> dict[int, DayClose]:
    """The check of a day, by account."""
    rows = DayClose.objects.filter(account_id__in=account_ids, day=day)
    return {row.account_id: row for row in rows}


def checked_at(days: Collection[tuple[int, date]]) -> dict[tuple[int, date], datetime]:
    """When each of these (account id, day) was checked last."""
    rows = DayClose.objects.filter(
        account_id__in={account for account, _ in days}, day__in={day for _, day in days}
    )
    found = rows.values_list("account_id", "day", "checked_at")
    return {(account, day): at for account, day, at in found}


def moved_closes(company_ids: Collection[int], *, since: date) -> QuerySet[DayClose]:
    """Closed days with entries of these companies since a day, for use within another query."""
    return DayClose.objects.filter(
        company_id__in=company_ids, day__gte=since, is_closed=True, entry_count__gt=0
    )


def entries_on(account_ids: Collection[int], day: date) -> QuerySet[StatementEntry]:
    """These accounts' entries in force of one day, in no order. System look-up."""
    return in_force(StatementEntry.objects.filter(account_id__in=account_ids, bank_date=day))


def told_at(account_ids: Collection[int], day: date) -> dict[int, datetime]:
    """When the last of the day's entries in force of each of these accounts came. System look-up."""
    rows = entries_on(account_ids, day).order_by().values_list("account_id")
    return dict(rows.annotate(Max("fetched_at")))


def first_days(account_ids: Collection[int]) -> dict[int, date]:
    """The first day each of these accounts has a statement of, checked or not. System look-up."""
    rows = DayClose.objects.filter(account_id__in=account_ids).values_list("account_id")
    return dict(rows.annotate(Min("day")))
