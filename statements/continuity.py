"""Reads behind the check of days: chains of balances, the statements that speak of them, a month's calendar. System
look-ups, all of them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import connection
from django.db.models import Count, Exists, Max, Min, OuterRef, QuerySet

from kernel.scope import Scope
from statements.models import BankStatement, DayClose, LatestBalance, StatementEntry
from statements.rules import ChainEnds, Posting, chain_ends, missing_between
from statements.selectors import day_entries, in_force

AMENDED_MAX = 100  # amended entries one page shows
CHAIN_MAX = 50_000  # entries of a day whose order is searched for when the bank's own does not hold


def day_chain(account_id: int, day: date) -> tuple[ChainEnds | None, bool]:
    """The ends of the day's chain of running balances, and whether every entry told one.

    In the bank's own order the database walks it; only a chain out of order is brought here and searched.
    """
    if day_entries(account_id, day).order_by().filter(balance_after=None).exists():
        return None, False
    with connection.cursor() as cursor:
        cursor.execute(_CHAIN, {"account": account_id, "day": day})
        count, told, is_walk, opening, closing = cursor.fetchone()
    if not count or told < count:
        return None, bool(count) and told == count
    if is_walk:
        return ChainEnds(opening, closing), True
    if count > CHAIN_MAX:
        return None, False
    rows = day_entries(account_id, day).values_list("direction", "amount", "balance_after")
    postings = [
        Posting(amount if direction == "credit" else -amount, after)
        for direction, amount, after in rows.iterator(chunk_size=5000)
    ]
    return chain_ends(postings), True


_CHAIN = """
    SELECT count(*), count(after), bool_and(place = 1 OR before IS NOT DISTINCT FROM previous),
        max(before) FILTER (WHERE place = 1), max(after) FILTER (WHERE rest = 1)
    FROM (
        SELECT balance_after AS after, row_number() OVER w AS place,
            balance_after - CASE direction WHEN 'credit' THEN amount ELSE -amount END AS before,
            lag(balance_after) OVER w AS previous, count(*) OVER () - row_number() OVER w + 1 AS rest
        FROM statements_statemententry AS e
        WHERE account_id = %(account)s AND bank_date = %(day)s AND NOT EXISTS (
            SELECT 1 FROM statements_statemententry AS n
            WHERE n.account_id = e.account_id AND n.bank_date = e.bank_date AND n.bank_serial = e.bank_serial
              AND n.direction = e.direction AND n.occurrence = e.occurrence AND n.revision > e.revision AND n.revision > 1)
        WINDOW w AS (ORDER BY booked_at, id)
    ) AS walk
"""


def amended_count(account_id: int, day: date) -> int:
    """How many entries of the day the bank has amended."""
    rows = StatementEntry.objects.filter(account_id=account_id, bank_date=day, revision__gt=1)
    return in_force(rows).count()


def statement_of_day(account_id: int, day: date) -> BankStatement | None:
    """The newest statement from a file that speaks of this day, interim ones aside."""
    return (
        BankStatement.objects.filter(
            account_id=account_id, first_day__lte=day, last_day__gte=day, is_interim=False
        )
        .order_by("-id")
        .first()
    )


def missing_numbers(statement: BankStatement) -> str:
    """The numbers missing between this statement and the one before it, in words."""
    before = last_sequence(statement.account_id, statement.source, before=statement.first_day)
    return missing_between(before, statement.sequence)


def last_sequence(account_id: int, source: str, *, before: date) -> int | None:
    """The number of the last statement of this source that ended before a day."""
    rows = BankStatement.objects.filter(
        account_id=account_id,
        source=source,
        last_day__lt=before,
        sequence__isnull=False,
        is_interim=False,
    )
    return rows.order_by("-last_day", "-sequence").values_list("sequence", flat=True).first()


def unsettled_overlap(account_id: int, source: str, *, after_id: int) -> date | None:
    """The first day on which entries without a bank serial, arrived after `after_id`, meet entries of another source.

    Nothing tells whether they are the same.
    """
    fresh = StatementEntry.objects.filter(
        account_id=account_id, pk__gt=after_id, source=source, bank_serial__startswith="~"
    )
    others = StatementEntry.objects.filter(
        account_id=account_id, bank_date=OuterRef("bank_date"), pk__lte=after_id
    ).exclude(source=source)
    met = fresh.filter(Exists(others)).order_by("bank_date")
    return met.values_list("bank_date", flat=True).first()


def days_between(account_id: int, first: date, last: date) -> QuerySet[DayClose]:
    """The checked days of an account, in order. System look-up: the caller scoped the account."""
    return DayClose.objects.filter(account_id=account_id, day__range=(first, last)).order_by("day")


# --- what the continuity pages show ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CalendarDay:
    """One day of an account: its check, or None where the bank's word on it is missing."""

    day: date
    check: DayClose | None

    @property
    def status(self) -> str:
        """Of the check; "missing" without one."""
        return "missing" if self.check is None else str(self.check.status)


def calendar_days(account_id: int, *, first: date, last: date, begun: date) -> list[CalendarDay]:
    """Every day from `first` to `last` on or after the account's first day `begun`. System look-up."""
    start = max(first, begun)
    checks = {row.day: row for row in days_between(account_id, start, last)}
    days = (start + timedelta(days=n) for n in range((last - start).days + 1))
    return [CalendarDay(day, checks.get(day)) for day in days]


def begun_on(account_ids: Collection[int]) -> dict[int, date]:
    """The first day the bank's word is known of, for each account that has one. System look-up."""
    rows = DayClose.objects.filter(account_id__in=account_ids).order_by().values_list("account_id")
    return dict(rows.annotate(Min("day")))


def closed_until(account_ids: Collection[int]) -> dict[int, date]:
    """The newest closed day of each account that has one. System look-up."""
    rows = DayClose.objects.filter(account_id__in=account_ids, is_closed=True).order_by()
    return dict(rows.values_list("account_id").annotate(Max("day")))


def status_counts(
    account_ids: Collection[int], *, first: date, last: date
) -> dict[int, dict[str, int]]:
    """How many days of each status each account has between two days. System look-up."""
    rows = DayClose.objects.filter(account_id__in=account_ids, day__range=(first, last)).order_by()
    found: dict[int, dict[str, int]] = {}
    for account_id, status, count in rows.values_list("account_id", "status").annotate(Count("pk")):
        found.setdefault(account_id, {})[status] = count
    return found


def count_broken(scope: Scope, *, since: date, limit: int) -> int:
    """How many closed days since then do not add up, of accounts the viewer may see; counted up to `limit`."""
    rows = DayClose.objects.filter(
        company_id__in=scope.companies_with("statements.view"),
        day__gte=since,
        status=DayClose.Status.BROKEN,
    )
    return rows[:limit].count()


def moved_days(account_ids: Collection[int], *, first: date, last: date) -> dict[int, set[date]]:
    """The days between two on which each account has entries. System look-up."""
    rows = DayClose.objects.filter(
        account_id__in=account_ids, day__range=(first, last), entry_count__gt=0
    )
    found: dict[int, set[date]] = {}
    for account_id, day in rows.values_list("account_id", "day"):
        found.setdefault(account_id, set()).add(day)
    return found


def days_told(account_ids: Collection[int], *, first: date, last: date) -> dict[int, set[date]]:
    """The days between two that were told and checked, by account. System look-up."""
    rows = DayClose.objects.filter(account_id__in=account_ids, day__range=(first, last))
    found: dict[int, set[date]] = {}
    for account_id, day in rows.values_list("account_id", "day"):
        found.setdefault(account_id, set()).add(day)
    return found


def latest_of(account_ids: Collection[int]) -> dict[int, LatestBalance]:
    """The newest figure of each of these accounts that has one. System look-up: the caller scoped the accounts."""
    return LatestBalance.objects.in_bulk(list(account_ids))


def statements_between(account_id: int, first: date, last: date) -> QuerySet[BankStatement]:
    """The statements of files that speak of these days, in order. System look-up: the caller scoped the account."""
    rows = BankStatement.objects.filter(
        account_id=account_id, first_day__lte=last, last_day__gte=first
    )
    return rows.order_by("first_day", "last_day", "pk")


def statements_of_file(file_id: int) -> list[BankStatement]:
    """What became of a file. System look-up: the caller was allowed to see the file."""
    rows = BankStatement.objects.filter(file_id=file_id).select_related("account")
    return list(rows.order_by("pk"))


def amended_between(account_id: int, first: date, last: date) -> list[list[StatementEntry]]:
    """Every version of each entry the bank amended on these days, oldest version first. System look-up."""
    amended = StatementEntry.objects.filter(
        account_id=account_id, revision__gt=1, bank_date__range=(first, last)
    )
    keys = amended.values_list("bank_date", "bank_serial", "direction", "occurrence")
    return [
        list(
            StatementEntry.objects.filter(
                account_id=account_id, bank_date=day, bank_serial=serial, direction=side, occurrence=twin
            ).order_by("revision")
        )
        for day, serial, side, twin in keys.order_by("bank_date", "pk").distinct()[:AMENDED_MAX]
    ]  # fmt: skip
