"""The company's side of an account as it was known at a past moment: journal entries then booked, the opening then set.

System look-ups: the caller scoped the account.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime
from decimal import Decimal

from django.db import connection
from django.db.models import Max

from ledger.models import JournalEntry, JournalOpening

NOW = 2**63 - 1  # no entry is beyond it


def newest_entry(account_id: int, at: datetime) -> int:
    """The account's newest journal entry made up to a moment; 0 for none."""
    rows = JournalEntry.objects.filter(account_id=account_id, created_at__lte=at)
    return int(rows.aggregate(newest=Max("pk"))["newest"] or 0)


def entries_sql(account_ids: Collection[int], *, until: int = NOW) -> str:
    """SQL of these accounts' journal entries when none beyond `until` was there: account_id, id, day, outgo, amount, undone_on.

    `undone_on`: the day of the entry that withdrew it, or of the one it withdraws; the two are settled between themselves
    once both days are past.
    """
    return f"""
        SELECT e.account_id, e.id, e.day, e.direction = 'credit' AS outgo, e.amount, coalesce(undoing.day, undone.day) AS undone_on
        FROM ledger_journalentry AS e
        LEFT JOIN ledger_journalentry AS undoing ON undoing.withdraws_id = e.id AND undoing.id <= {until:d}
        LEFT JOIN ledger_journalentry AS undone ON undone.id = e.withdraws_id
        WHERE e.account_id IN ({_listed(account_ids)}) AND e.id <= {until:d}
    """  # noqa: S608 - numbers


def _listed(ids: Collection[int]) -> str:
    return ", ".join(f"{one:d}" for one in ids)


def opening_at(account_id: int, at: datetime) -> JournalOpening | None:
    """The balance the journal was kept from, as set at a moment."""
    rows = JournalOpening.objects.filter(account_id=account_id, created_at__lte=at)
    return rows.order_by("-number").first()


def book_balance(opening: JournalOpening | None, day: date, *, until: int = NOW) -> Decimal | None:
    """The book balance at the end of `day`; None without an opening, or before its day."""
    if opening is None or day < opening.day:
        return None
    sql = f"""SELECT coalesce(sum(CASE WHEN outgo THEN -amount ELSE amount END), 0)
        FROM ({entries_sql([opening.account_id], until=until)}) AS e WHERE day >= %s AND day <= %s"""  # noqa: S608 - our own words
    with connection.cursor() as cursor:
        cursor.execute(sql, [opening.day, day])
        return Decimal(opening.balance) + Decimal(cursor.fetchone()[0])


def entries_of(ids: Iterable[int]) -> list[JournalEntry]:
    """These entries with the voucher they come from, withdrawn ones too, in their order."""
    rows = JournalEntry.objects.filter(pk__in=list(ids)).select_related("voucher_line")
    return list(rows.order_by("day", "pk"))
