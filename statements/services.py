"""Every write of what banks told us: entries, balances, checked days."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from itertools import groupby
from operator import itemgetter
from typing import Any

import structlog
from django.db import connection, transaction

from kernel import clock
from statements import ingest, selectors
from statements.alarms import alarm_amended, alarm_day, settle_day
from statements.models import Balance, DayClose, LatestBalance, StatementEntry
from statements.rules import BalanceFigure, DayFacts, EntryLine, Recorded, judge_day, place_lines

log = structlog.get_logger(__name__)
_LOCK_CLASS = 7311  # advisory lock space of "one writer of an account's entries"


def _company_of(account_id: int) -> int:
    return int(StatementEntry(account_id=account_id).account.company_id)


@transaction.atomic(durable=True)
def record_entries(
    *, account_id: int, lines: Iterable[EntryLine], exchange_id: int | None = None
) -> Recorded:
    """Store the lines of one fetch of whole days; what is known already is not stored again.

    Equal lines within one fetch are twins (occurrence 1, 2, …). A known key with another content is an amended entry:
    both versions stay, the higher revision is in force, and an exception case is opened. Lines may be an iterator:
    memory does not grow with their number.
    """
    company_id, fetched_at = _company_of(account_id), clock.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK_CLASS, account_id])
        count = ingest.copy_lines(cursor, lines, exchange_id=exchange_id)
        if not count:
            return Recorded(new_ids=(), amended_ids=(), seen=0)
        new = ingest.insert_plain(
            cursor, account_id=account_id, company_id=company_id, fetched_at=fetched_at
        )
        amended: list[int] = []
        if len(new) < count:
            stamp = {"account_id": account_id, "company_id": company_id, "fetched_at": fetched_at}
            for fresh, entry_id in _settle(cursor, stamp):
                (new if fresh else amended).append(entry_id)
    if amended:
        alarm_amended(account_id=account_id, company_id=company_id, entry_ids=amended)
    return Recorded(
        new_ids=tuple(new), amended_ids=tuple(amended), seen=count - len(new) - len(amended)
    )


def _settle(cursor: Any, stamp: dict[str, Any]) -> Iterable[tuple[bool, int]]:
    """Insert the lines of crowded or changed keys: (whether it is new, id) of each."""
    rows = ingest.unsettled(cursor, account_id=stamp["account_id"])
    by_key = itemgetter(1, 2, 3)
    for (bank_date, serial, direction), group in groupby(sorted(rows, key=by_key), key=by_key):
        fetched = list(group)
        known = selectors.known_entries(stamp["account_id"], bank_date, serial, direction)
        for place in place_lines(known, [row[4] for row in fetched]):
            entry_id = ingest.insert_placed(
                cursor,
                seq=fetched[place.index][0],
                occurrence=place.occurrence,
                revision=place.revision,
                **stamp,
            )
            yield place.revision == 1, entry_id


@transaction.atomic(durable=True)
def record_balances(
    *, figures: Sequence[BalanceFigure], exchange_id: int | None = None
) -> list[int]:
    """Store balances as told and carry the newest of each account forward; ids of the stored rows."""
    fetched_at = clock.now()
    companies = {figure.account_id: _company_of(figure.account_id) for figure in figures}
    rows = Balance.objects.bulk_create(
        Balance(
            account_id=figure.account_id,
            company_id=companies[figure.account_id],
            currency=figure.currency,
            as_of=figure.as_of,
            book=figure.book,
            available=figure.available,
            frozen=figure.frozen,
            is_day_closing=figure.is_day_closing,
            fetched_at=fetched_at,
            exchange_id=exchange_id,
        )
        for figure in figures
    )
    for row in sorted(rows, key=lambda row: row.account_id):
        if not row.is_day_closing:
            _carry_forward(row)
    return [row.pk for row in rows]


def _carry_forward(row: Balance) -> None:
    """UPSERT of the account's newest figure; an older fetch that commits late changes nothing."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO statements_latestbalance
                (account_id, company_id, currency, book, available, frozen, as_of, fetched_at, failed_at, failure)
            VALUES (%s, %s, %s, %s, %s, %s, %s, %s, NULL, '')
            ON CONFLICT (account_id) DO UPDATE SET
                company_id = EXCLUDED.company_id, currency = EXCLUDED.currency, book = EXCLUDED.book,
                available = EXCLUDED.available, frozen = EXCLUDED.frozen, as_of = EXCLUDED.as_of,
                fetched_at = EXCLUDED.fetched_at, failed_at = NULL, failure = ''
            WHERE statements_latestbalance.fetched_at <= EXCLUDED.fetched_at
            """,
            [
                row.account_id,
                row.company_id,
                row.currency,
                row.book,
                row.available,
                row.frozen,
                row.as_of,
                row.fetched_at,
            ],
        )


@transaction.atomic(durable=True)
def record_balance_failure(*, account_id: int, why: str) -> None:
    """Note that a fetch failed: the figure stays and ages. An account never fetched has no figure to mark."""
    LatestBalance.objects.filter(pk=account_id).update(failed_at=clock.now(), failure=why[:200])


@transaction.atomic(durable=True)
def close_day(*, account_id: int, day: date) -> DayClose:
    """Check one day: opening + credits − debits = closing, opening = the day before's closing.

    A day is provisional until it is past (it is closed by a fetch on a later day); a difference on a closed day opens
    an exception case, and a later check that agrees closes it.
    """
    company_id, now = _company_of(account_id), clock.now()
    is_closed = day < now.date()
    row, _ = DayClose.objects.select_for_update().get_or_create(
        account_id=account_id, day=day, defaults={"company_id": company_id}
    )
    credits, debits, count = selectors.day_totals(account_id, day)
    verdict = judge_day(
        DayFacts(
            credits=credits,
            debits=debits,
            chain=selectors.day_chain(account_id, day),
            has_entries=count > 0,
            closing_before=selectors.closing_before(account_id, day),
            closing_told=selectors.day_balance(account_id, day) if is_closed else None,
        )
    )
    row.credits, row.debits, row.entry_count = credits, debits, count
    row.opening, row.closing, row.difference = verdict.opening, verdict.closing, verdict.difference
    row.note, row.is_closed, row.checked_at = verdict.note, is_closed, now
    row.save()
    if is_closed and row.difference:
        alarm_day(row)
    elif is_closed and row.difference is not None:
        settle_day(row)
    return row
