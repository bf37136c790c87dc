"""Every write of what banks told us: entries, balances, checked days."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

import structlog
from django.db import connection, transaction

from kernel import clock
from statements import continuity, selectors
from statements.alarms import alarm_amended, alarm_day, settle_day
from statements.ingest import Load, load
from statements.models import Balance, DayClose, LatestBalance, StatementEntry
from statements.rows import chunks_of
from statements.rules import BANK, BalanceFigure, DayFacts, EntryLine, Recorded, judge_day

log = structlog.get_logger(__name__)
_LOCK_CLASS = 7311  # advisory lock space of "one writer of an account's entries"


def _company_of(account_id: int) -> int:
    return int(StatementEntry(account_id=account_id).account.company_id)


@transaction.atomic(durable=True)
def record_entries(
    *,
    account_id: int,
    lines: Iterable[EntryLine],
    exchange_id: int | None = None,
    wants_ids: bool = True,
) -> Recorded:
    """Store the lines of one fetch of whole days; what is known already is not stored again.

    Equal lines within one fetch are twins (occurrence 1, 2, …). A known key with another content is an amended entry:
    both versions stay, the higher revision is in force, and an exception case is opened. Lines may be an iterator: without
    their ids (`wants_ids`) memory does not grow with their number.
    """
    into = take_in(
        account_id=account_id,
        chunks=chunks_of(lines, exchange_id=exchange_id),
        source=BANK,
        wants_ids=wants_ids,
    )
    return Recorded(
        new=into.new,
        new_ids=tuple(into.new_ids),
        amended_ids=tuple(into.amended_ids),
        seen=into.count - into.new - len(into.amended_ids),
    )


def lock_entries(account_id: int) -> None:
    """Step: be the only writer of the account's entries until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK_CLASS, account_id])


def take_in(
    *, account_id: int, chunks: Iterable[bytes], source: str, wants_ids: bool = False
) -> Load:
    """Step: store a stream of `statements.rows`; see `record_entries`. Raises InvalidInput (which entry, which column)."""
    into = Load(
        account_id=account_id,
        company_id=_company_of(account_id),
        source=source,
        fetched_at=clock.now(),
        wants_ids=wants_ids,
    )
    lock_entries(account_id)
    with connection.cursor() as cursor:
        load(cursor, chunks, into)
    if into.amended_ids:
        alarm_amended(account_id=account_id, company_id=into.company_id, entry_ids=into.amended_ids)
    return into


@transaction.atomic(durable=True)
def record_balances(
    *, figures: Sequence[BalanceFigure], exchange_id: int | None = None
) -> list[int]:
    """Store balances as told and carry the newest of each account forward; ids of the stored rows."""
    return keep_balances(figures=figures, exchange_id=exchange_id)


def keep_balances(*, figures: Sequence[BalanceFigure], exchange_id: int | None = None) -> list[int]:
    """Step: as `record_balances`."""
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
    """Check one day as a command; see `check_day`."""
    return check_day(account_id=account_id, day=day)


def check_day(*, account_id: int, day: date) -> DayClose:
    """Step: check one day: opening + credits − debits = closing, opening = the day before's closing, chain, numbers.

    A day is provisional until it is past (it is closed by a fetch on a later day); a break on a closed day opens an
    exception case, and a later check that agrees closes it.
    """
    company_id, now = _company_of(account_id), clock.now()
    is_closed = day < now.date()
    row, _ = DayClose.objects.select_for_update().get_or_create(
        account_id=account_id, day=day, defaults={"company_id": company_id}
    )
    credits, debits, count = selectors.day_totals(account_id, day)
    chain, has_balances = continuity.day_chain(account_id, day)
    told = continuity.statement_of_day(account_id, day)
    amended = continuity.amended_count(account_id, day)
    verdict = judge_day(
        DayFacts(
            credits=credits,
            debits=debits,
            chain=chain,
            has_entries=count > 0,
            has_balances=has_balances,
            closing_before=selectors.closing_before(account_id, day),
            closing_told=selectors.day_balance(account_id, day) if is_closed else None,
            opening_told=told.opening if told and told.first_day == day else None,
            is_within=told is not None and told.last_day > day,
            missing_numbers=continuity.missing_numbers(told)
            if told and told.first_day == day
            else "",
            amended=amended,
            is_closed=is_closed,
        )
    )
    row.credits, row.debits, row.entry_count = credits, debits, count
    row.opening, row.closing, row.difference = verdict.opening, verdict.closing, verdict.difference
    row.note, row.is_closed, row.checked_at = verdict.note, is_closed, now
    row.status, row.findings, row.amended_count = verdict.status, list(verdict.findings), amended
    row.save()
    if row.status == DayClose.Status.BROKEN:
        alarm_day(row)
    elif is_closed and row.difference is not None:
        settle_day(row)
    return row
