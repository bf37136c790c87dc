"""Reads of the explained value: what was matched at a past moment, the shares of days, what is left of one day."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet, Sum

import masterdata.selectors as masterdata
import statements.daily
from kernel.scope import Scope
from reconciliation.models import Act, EndedLine, ExplainedDay, MatchLine
from reconciliation.selectors import VIEW

if TYPE_CHECKING:
    from masterdata.models import OwnAccount

ZERO = Decimal("0.00")


def measured_since(day: date) -> list[tuple[int, date, bool]]:
    """(account id, day, whether both moments are measured) of every measured day. System look-up."""
    rows = ExplainedDay.objects.filter(day__gte=day)
    return [
        (account_id, of_day, value_t2 is not None)
        for account_id, of_day, value_t2 in rows.values_list("account_id", "day", "value_t2")
    ]


def held_at(account_id: int, *, bank_ids: Collection[int], moment: datetime) -> set[int]:
    """Which of these entries a live match held at that moment. System look-up.

    A match that ended later counts, one that was undone before does not, one that was brought back does.
    """
    last = Act.objects.filter(account_id=account_id, at__lt=moment).aggregate(newest=Max("pk"))
    newest = last["newest"] or 0
    of_ids = {"account_id": account_id, "bank_id__in": bank_ids}
    made = set(
        MatchLine.objects.filter(**of_ids, act_id__lte=newest).values_list("match_no", "bank_id")
    )
    ended = EndedLine.objects.filter(**of_ids)
    made |= set(ended.filter(act_id__lte=newest).values_list("match_no", "bank_id"))
    gone = ended.filter(ended_act_id__lte=newest).exclude(revived_act_id__lte=newest)
    held = made - set(gone.values_list("match_no", "bank_id"))
    return {bank for _, bank in held if bank is not None}


def visible_days(scope: Scope) -> QuerySet[ExplainedDay]:
    """Measured days of the accounts the viewer may see, newest first."""
    return ExplainedDay.objects.filter(company_id__in=scope.companies_with(VIEW)).order_by("-day")


@dataclass(frozen=True)
class Share:
    """The day of a group or of an account: its value, and what was explained; None where the moment is yet to come."""

    day: date
    currency: str
    value: Decimal
    lines: int
    value_t1: Decimal
    value_t2: Decimal | None

    @property
    def t1(self) -> Decimal | None:
        """Percent explained at T+1; None where nothing moved."""
        return share(self.value_t1, self.value)

    @property
    def t2(self) -> Decimal | None:
        """Percent explained at T+2."""
        return None if self.value_t2 is None else share(self.value_t2, self.value)

    @property
    def left(self) -> Decimal:
        """The value unexplained at the later measured moment."""
        return self.value - (self.value_t1 if self.value_t2 is None else self.value_t2)


def share(part: Decimal, whole: Decimal) -> Decimal | None:
    """Percent, two decimals, rounded down: 100 % means all of it."""
    if not whole:
        return None
    return (part * 10_000 // whole) / Decimal(100)


def group_days(scope: Scope, *, first: date, last: date) -> list[Share]:
    """One number a day and currency over all accounts the viewer may see, newest first. T+2 counts once all have it."""
    rows = (
        visible_days(scope)
        .filter(day__range=(first, last))
        .order_by("-day", "currency")
        .values_list("day", "currency")
        .annotate(
            Sum("value"),
            Sum("lines"),
            Sum("value_t1"),
            Sum("value_t2"),
            waiting=Count("pk", filter=Q(value_t2__isnull=True)),
        )
    )
    return [
        Share(day, currency, value, lines, t1, None if waiting else t2)
        for day, currency, value, lines, t1, t2, waiting in rows
    ]


@dataclass(frozen=True)
class AccountShare:
    """One account's day, and what is still open of it now."""

    account: OwnAccount
    share: Share
    open_value: Decimal
    open_lines: int
    told_at: datetime | None  # when the last of the day's entries came


def account_days(scope: Scope, day: date) -> list[AccountShare]:
    """Every account's share of one day with what is left of it now, the most left first."""
    rows = list(visible_days(scope).filter(day=day))
    accounts = {one.pk: one for one in masterdata.visible_accounts(scope)}
    ids = [row.account_id for row in rows]
    left, told_at = open_of(ids, day), statements.daily.told_at(ids, day)
    found = []
    for row in rows:
        if row.account_id not in accounts:
            continue
        value, lines = left.get(row.account_id, (ZERO, 0))
        told = Share(day, row.currency, row.value, row.lines, row.value_t1, row.value_t2)
        found.append(
            AccountShare(accounts[row.account_id], told, value, lines, told_at.get(row.account_id))
        )
    return sorted(found, key=lambda one: (-one.open_value, one.account.number))


def open_of(account_ids: Collection[int], day: date) -> dict[int, tuple[Decimal, int]]:
    """Value and number of the day's entries no live match holds now, of the accounts that have any. System look-up."""
    held = MatchLine.objects.filter(account_id=OuterRef("account_id"), bank_id=OuterRef("pk"))
    told = statements.daily.entries_on(account_ids, day).filter(~Exists(held)).order_by()
    sums = told.values_list("account_id").annotate(Sum("amount"), Count("pk"))
    return {account_id: (value, many) for account_id, value, many in sums}


def overall(days: Iterable[Share], currency: str) -> tuple[Decimal | None, Decimal | None]:
    """The shares at T+1 and T+2 over all these days of one currency; T+2 over the days that have it."""
    of_currency = [one for one in days if one.currency == currency]
    whole = [one for one in of_currency if one.value_t2 is not None]
    t1 = share(
        sum((one.value_t1 for one in of_currency), ZERO),
        sum((one.value for one in of_currency), ZERO),
    )
    t2 = share(
        sum((one.value_t2 or ZERO for one in whole), ZERO), sum((one.value for one in whole), ZERO)
    )
    return t1, t2
