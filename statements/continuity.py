"""Reads behind the check of a day: its chain of balances, the statements that speak of it. System look-ups, all of them."""

from __future__ import annotations

from datetime import date

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet

from statements.models import BankStatement, DayClose, StatementEntry
from statements.rules import ChainEnds, Posting, chain_ends, missing_between
from statements.selectors import day_entries, in_force

CHAIN_MAX = 50_000  # entries of a day whose order is searched for when the bank's own does not hold


def day_chain(account_id: int, day: date) -> tuple[ChainEnds | None, bool]:
    """The ends of the day's chain of running balances, and whether every entry told one.

    In the bank's own order the database walks it; only a chain out of order is brought here and searched.
    """
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
              AND n.direction = e.direction AND n.occurrence = e.occurrence AND n.revision > e.revision)
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
