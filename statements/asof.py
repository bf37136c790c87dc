"""The bank's side of an account as it was known at a past moment: entries then in force, the balance then told.

A moment is an id beyond which no entry was there, and a time after which nothing was fetched. System look-ups: the caller
scoped the account.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from decimal import Decimal

from django.db import connection
from django.db.models import Max

from statements.models import Balance, StatementEntry
from statements.rules import ChainEnds, Posting, chain_ends

NOW = 2**63 - 1  # no entry is beyond it
TOLD, CHAIN, CARRIED = "told", "chain", "carried"  # where a balance comes from


def newest_entry(account_id: int, at: datetime) -> int:
    """The account's newest entry fetched up to a moment; 0 for none."""
    rows = StatementEntry.objects.filter(account_id=account_id, fetched_at__lte=at)
    return int(rows.aggregate(newest=Max("pk"))["newest"] or 0)


def entries_sql(account_ids: Collection[int], *, until: int = NOW) -> str:
    """SQL of these accounts' entries in force when none beyond `until` was there: account_id, id, day, outgo, amount."""
    listed = ", ".join(f"{one:d}" for one in account_ids)
    return f"""
        SELECT e.account_id, e.id, e.bank_date AS day, e.direction = 'debit' AS outgo, e.amount
        FROM statements_statemententry AS e
        WHERE e.account_id IN ({listed}) AND e.id <= {until:d} AND NOT EXISTS (
            SELECT 1 FROM statements_statemententry AS n
            WHERE n.account_id = e.account_id AND n.revision > 1 AND n.revision > e.revision AND n.id <= {until:d}
              AND n.bank_date = e.bank_date AND n.bank_serial = e.bank_serial
              AND n.direction = e.direction AND n.occurrence = e.occurrence)
    """  # noqa: S608 - numbers


def bank_balance(
    account_id: int, day: date, *, at: datetime, until: int
) -> tuple[Decimal | None, str]:
    """The bank's balance at the end of `day` as known then, and where it comes from; None where nothing tells it.

    The bank's own end-of-day figure; else the running balance of the newest entries; else an earlier figure carried
    forward by the entries since.
    """
    told = (
        Balance.objects.filter(
            account_id=account_id, as_of__lte=day, is_day_closing=True, fetched_at__lte=at
        )
        .order_by("-as_of", "-pk")
        .first()
    )
    last = _last_day(account_id, day, until)
    if told is not None and (last is None or told.as_of >= last):
        return Decimal(told.book), TOLD if told.as_of == day else CARRIED
    if last is None:
        return None, ""
    ends = _chain(account_id, last, until)
    if ends is not None:
        return ends.closing, CHAIN
    if told is None:
        return None, ""
    return Decimal(told.book) + _moved(account_id, told.as_of, day, until), CARRIED


def _last_day(account_id: int, day: date, until: int) -> date | None:
    rows = StatementEntry.objects.filter(
        account_id=account_id, bank_date__lte=day, pk__lte=until
    ).order_by("-bank_date")
    return rows.values_list("bank_date", flat=True).first()


def _chain(account_id: int, day: date, until: int) -> ChainEnds | None:
    sql = f"""SELECT e.direction, e.amount, e.balance_after FROM ({entries_sql([account_id], until=until)}) AS told
        JOIN statements_statemententry AS e USING (id) WHERE told.day = %s ORDER BY e.booked_at, e.id"""  # noqa: S608 - our own words
    with connection.cursor() as cursor:
        cursor.execute(sql, [day])
        rows = cursor.fetchall()
    return chain_ends(
        [Posting(amount if side == "credit" else -amount, after) for side, amount, after in rows]
    )


def _moved(account_id: int, after: date, day: date, until: int) -> Decimal:
    sql = f"""SELECT coalesce(sum(CASE WHEN outgo THEN -amount ELSE amount END), 0)
        FROM ({entries_sql([account_id], until=until)}) AS told WHERE day > %s AND day <= %s"""  # noqa: S608 - our own words
    with connection.cursor() as cursor:
        cursor.execute(sql, [after, day])
        return Decimal(cursor.fetchone()[0])
