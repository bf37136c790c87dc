"""What moved on the days of accounts: the reads behind 账户余额变化. System look-ups, all of them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, Max, Min, Q

from statements.models import Balance, StatementEntry
from statements.rules import BANK
from statements.selectors import in_force


@dataclass(frozen=True)
class Movements:
    """What moved on one day of an account, the lowest running balance told and how many entries told none, when the bank's
    word on the day was last fetched, and where from."""

    credits: int = 0
    debits: int = 0
    lowest: Decimal | None = None
    untold: int = 0
    fetched: datetime | None = None
    sources: tuple[str, ...] = ()


UNMOVED = Movements()


def day_movements(pairs: Collection[tuple[int, date]]) -> dict[tuple[int, date], Movements]:
    """What moved on each (account id, day) of which the bank told entries or a balance. System look-up: the caller scoped
    the accounts."""
    accounts, days = {account for account, _ in pairs}, {day for _, day in pairs}
    rows = in_force(StatementEntry.objects.filter(account_id__in=accounts, bank_date__in=days))
    counted = rows.values_list("account_id", "bank_date").annotate(
        credits=Count("pk", filter=Q(direction="credit")),
        debits=Count("pk", filter=Q(direction="debit")),
        lowest=Min("balance_after"),
        untold=Count("pk", filter=Q(balance_after__isnull=True)),
        fetched=Max("fetched_at"),
        sources=ArrayAgg("source", distinct=True),
    )
    found: dict[tuple[int, date], Movements] = {}
    for account_id, day, credits, debits, lowest, untold, fetched, sources in counted.order_by():
        found[account_id, day] = Movements(credits, debits, lowest, untold, fetched, tuple(sources))
    balances = Balance.objects.filter(account_id__in=accounts, as_of__in=days).order_by()
    for account_id, day, fetched, asked in balances.values_list("account_id", "as_of").annotate(
        Max("fetched_at"), Max("exchange_id")
    ):
        moved = found.get((account_id, day), UNMOVED)
        sources = moved.sources or ((BANK,) if asked is not None else ())
        newest = max(fetched, moved.fetched or fetched)
        found[account_id, day] = replace(moved, fetched=newest, sources=sources)
    return found


def booked_between(
    account_ids: Collection[int], first: date, last: date
) -> tuple[datetime, datetime] | None:
    """When the first and the last entry of these accounts' days were booked; None for days without one.

    Counting them too keeps the planner from looking for either end along an index of all times.
    """
    rows = StatementEntry.objects.filter(
        account_id__in=account_ids, bank_date__range=(first, last)
    ).order_by()
    found = rows.aggregate(many=Count("pk"), low=Min("booked_at"), high=Max("booked_at"))
    return (found["low"], found["high"]) if found["many"] else None
