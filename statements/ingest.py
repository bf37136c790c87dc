"""Statement entries into PostgreSQL: COPY into a temporary table, then set-based: what is new, seen, a twin, or amended.

Reached through Django's own cursor. A line is known if the entry in force of the same key says the same: from the same
source word for word, from another source (a file beside the bank link) in amount and currency.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.db import IntegrityError, transaction
from django.db.backends.utils import CursorWrapper

from statements.faults import faulty, unreadable
from statements.rows import COLUMNS, Segment
from statements.rules import Fetched, KnownEntry, place_lines

SEGMENT_BYTES = 4 * 1024 * 1024
PLANNER_BLIND_LINES = 5_000  # so many new lines may be more than the planner has ever heard of
_TYPES = {
    "bank_date": "date", "booked_at": "timestamptz", "value_date": "date", "amount": "numeric", "balance_after": "numeric",
    "exchange_id": "bigint",
}  # fmt: skip
_TOLD = ", ".join(f"{name} {_TYPES.get(name, 'text')}" for name in COLUMNS)
_KEY = "bank_date, bank_serial, direction"
# Kept for the session and emptied at each commit: a fetch every few minutes must not fill the catalogues.
_TABLES = (
    f"CREATE TEMPORARY TABLE IF NOT EXISTS incoming_entry ({_TOLD}) ON COMMIT DELETE ROWS",
    f"CREATE TEMPORARY TABLE IF NOT EXISTS judged_entry (seq bigint, digest text, {_TOLD}) ON COMMIT DELETE ROWS",
    "CREATE TEMPORARY TABLE IF NOT EXISTS troubled_key (bank_date date, bank_serial text, direction text) "
    "ON COMMIT DELETE ROWS",
    "TRUNCATE incoming_entry, judged_entry, troubled_key",
    # Grouping and sorting the lines of a day takes more than a server allows every small query.
    "SET LOCAL work_mem = '64MB'",
)
_COPY = f"COPY incoming_entry ({', '.join(COLUMNS)}) FROM STDIN (FORMAT csv, DELIMITER E'\\t', QUOTE E'\\x7f')"
# What a line says, in our words: blanks around codes and the code words of camt.053 are dropped.
_SAID = """(SELECT bank_date, booked_at, value_date, nullif(btrim(bank_serial), '') AS bank_serial,
    CASE direction WHEN 'DBIT' THEN 'debit' WHEN 'CRDT' THEN 'credit' ELSE direction END AS direction, amount, currency,
    balance_after, counterparty_name, btrim(counterparty_account) AS counterparty_account, counterparty_bank, narrative,
    purpose, nullif(nullif(btrim(reference), 'NOTPROVIDED'), 'NONREF') AS reference, exchange_id FROM incoming_entry)"""
# SHA-256 over everything the bank said of the entry: two lines are the same only if this agrees.
DIGEST = """encode(sha256(convert_to(extract(epoch FROM booked_at)::text || chr(31) || amount::numeric(18,2) || chr(31)
    || currency || chr(31) || coalesce((balance_after::numeric(18,2))::text, '-') || chr(31) || coalesce(counterparty_name, '')
    || chr(31) || coalesce(counterparty_account, '') || chr(31) || coalesce(counterparty_bank, '') || chr(31)
    || coalesce(narrative, '') || chr(31) || coalesce(purpose, '') || chr(31) || coalesce(reference, ''), 'UTF8')), 'hex')"""
# The bank's serial, or where it gave none one made of the content, so that a second fetch finds the same key.
_SERIAL = "coalesce(left(bank_serial, 60), '~' || left(digest, 32))"
_INSERT = """INSERT INTO statements_statemententry (account_id, company_id, fetched_at, source, occurrence, revision,
    bank_date, booked_at, value_date, bank_serial, direction, amount, currency, balance_after, counterparty_name,
    counterparty_account, counterparty_bank, narrative, purpose, reference, digest, exchange_id)"""
_VALUES = """bank_date, booked_at, value_date, bank_serial, direction, amount, currency, balance_after,
    left(coalesce(counterparty_name, ''), 200), left(coalesce(counterparty_account, ''), 40),
    left(coalesce(counterparty_bank, ''), 200), left(coalesce(narrative, ''), 300), left(coalesce(purpose, ''), 300),
    left(coalesce(reference, ''), 40), digest, exchange_id"""
_JUDGED = f"""(SELECT bank_date, booked_at, value_date, {_SERIAL} AS bank_serial, direction, amount, currency, balance_after,
    counterparty_name, counterparty_account, counterparty_bank, narrative, purpose, reference, digest, exchange_id
    FROM (SELECT *, {DIGEST} AS digest FROM {_SAID} AS said) AS told)"""  # noqa: S608 - words of this module
_TWIN = "23505"  # unique_violation
_CONFLICT = (
    "ON CONFLICT (account_id, bank_date, bank_serial, direction, occurrence, revision) DO NOTHING"
)


@dataclass
class Load:
    """One fetch on its way in, and what came of it."""

    account_id: int
    company_id: int
    source: str
    fetched_at: datetime
    wants_ids: bool = False
    has_twins: bool = (
        False  # whether lines of one key came: then each is looked up before it is inserted
    )
    count: int = 0
    new: int = 0
    new_ids: list[int] = field(default_factory=list)
    amended_ids: list[int] = field(default_factory=list)
    start_id: int = 0  # entries beyond it came with this very fetch
    first: date | None = None
    last: date | None = None
    credits: Decimal = Decimal("0.00")
    debits: Decimal = Decimal("0.00")
    currencies: set[str] = field(default_factory=set)

    @property
    def stamp(self) -> list[Any]:
        """What every inserted row begins with."""
        return [self.account_id, self.company_id, self.fetched_at, self.source]


def load(cursor: CursorWrapper, chunks: Iterable[bytes], into: Load) -> None:
    """Bring the whole stream in; the caller holds the account's lock and the transaction.

    Days of which nothing is known are inserted as they come, piece by piece; the others are judged together at the end.
    Raises InvalidInput naming the line and column PostgreSQL could not read.
    """
    for statement in _TABLES:
        cursor.execute(statement)
    cursor.execute("SELECT coalesce(max(id), 0) FROM statements_statemententry")
    into.start_id = cursor.fetchone()[0]
    pieces, is_careful, is_last = iter(chunks), False, False
    while not is_last:
        segment = Segment(pieces, limit=SEGMENT_BYTES)
        count = _copy(cursor, segment, into)
        is_last = segment.is_last
        if not count:
            continue
        is_untold = _is_untold(cursor, into, into.count)
        into.count += count
        if is_untold:
            _insert_untold(cursor, into, count)
        else:
            is_careful = True
            _keep_for_judgement(cursor)
        cursor.execute("TRUNCATE incoming_entry")
    if is_careful:
        _judge(cursor, into)
    if into.new >= PLANNER_BLIND_LINES:
        _tell_planner(cursor, into)


def _tell_planner(cursor: CursorWrapper, into: Load) -> None:
    """Let the planner count again where this load made the table what it is: the checks of its days join it with itself, and
    planned for a handful of rows they would go through all entries of a day once for each of them."""
    cursor.execute(
        "SELECT reltuples FROM pg_class WHERE oid = 'statements_statemententry'::regclass"
    )
    if cursor.fetchone()[0] < into.new:
        cursor.execute(
            f"ANALYZE statements_statemententry (account_id, {_KEY}, occurrence, revision)"
        )


def _copy(cursor: CursorWrapper, segment: Segment, into: Load) -> int:
    """A time without an offset is Shanghai's; the session reads times in UTC again before anything is fetched."""
    raw: Any = cursor.cursor
    cursor.execute("SET LOCAL TimeZone TO 'Asia/Shanghai'")
    try:
        raw.copy_expert(_COPY, segment)
    except raw.connection.DataError as error:
        raise unreadable(str(error), into.count) from error
    except raw.connection.OperationalError as error:
        raise (segment.error or error) from None  # what the reader found wrong with the file
    count = int(raw.rowcount)
    cursor.execute("SET LOCAL TimeZone TO 'UTC'")
    return count


def _is_untold(cursor: CursorWrapper, into: Load, before: int) -> bool:
    """Whether nothing was known of any day of the piece; on the way its sums, and that every line can be taken."""
    cursor.execute(
        """
        SELECT min(bank_date), max(bank_date), bool_or(amount NOT BETWEEN 0.01 AND 9999999999999999.99
            OR scale(trim_scale(amount)) > 2 OR scale(trim_scale(balance_after)) > 2
            OR balance_after NOT BETWEEN -9999999999999999.99 AND 9999999999999999.99
            OR direction NOT IN ('credit', 'debit', 'CRDT', 'DBIT') OR currency !~ '^[A-Z]{3}$')
            OR count(*) > least(count(amount), count(direction), count(currency), count(bank_date), count(booked_at)),
            sum(amount) FILTER (WHERE direction IN ('credit', 'CRDT')), sum(amount), min(currency), max(currency)
        FROM incoming_entry
        """
    )
    first, last, is_faulty, credits, both, *currencies = cursor.fetchone()
    if is_faulty:
        raise faulty(cursor, before)
    into.first = first if into.first is None else min(first, into.first)
    into.last = last if into.last is None else max(last, into.last)
    into.credits += credits or 0
    into.debits += both - (credits or 0)
    into.currencies |= set(currencies)
    cursor.execute(
        """
        SELECT EXISTS (SELECT 1 FROM statements_statemententry
            WHERE account_id = %s AND bank_date BETWEEN %s AND %s AND id <= %s)
        """,
        [into.account_id, first, last, into.start_id],
    )
    return not cursor.fetchone()[0]


def _run(cursor: CursorWrapper, into: Load, sql: str, values: list[Any] | dict[str, Any]) -> int:
    """Insert; how many rows that were."""
    if not into.wants_ids:
        cursor.execute(sql, values)
        done = int(cursor.rowcount)
    else:
        cursor.execute(f"{sql} RETURNING id", values)
        ids = [row[0] for row in cursor.fetchall()]
        into.new_ids += ids
        done = len(ids)
    into.new += done
    return done


_FIRST = f"{_INSERT} SELECT %s, %s, %s, %s, 1, 1, {_VALUES} FROM {_JUDGED} AS told"  # noqa: S608 - words of this module


def _insert_untold(cursor: CursorWrapper, into: Load, count: int) -> None:
    """The piece's lines as first occurrences.

    Few statements name one key twice, and looking before inserting costs a fifth more: so that is done from the first twin on.
    """
    if not into.has_twins:
        try:
            with transaction.atomic():
                _run(cursor, into, _FIRST, into.stamp)
        except IntegrityError as error:
            if getattr(error.__cause__, "pgcode", None) != _TWIN:
                raise
            into.has_twins = True
    if into.has_twins:
        _insert_twins(cursor, into, count)


def _insert_twins(cursor: CursorWrapper, into: Load, count: int) -> None:
    """The piece's lines as first occurrences; those whose key stands there already are twins and follow."""
    cursor.execute("SELECT coalesce(max(id), 0) FROM statements_statemententry")
    last_id = cursor.fetchone()[0]
    done = _run(cursor, into, f"{_FIRST} {_CONFLICT}", into.stamp)
    if done == count:
        return
    _run(
        cursor,
        into,
        f"""
        {_INSERT} SELECT %s, %s, %s, %s, coalesce(before.last, 0) + twin, 1, {_VALUES}
        FROM (SELECT *, row_number() OVER (PARTITION BY {_KEY}) AS twin FROM {_JUDGED} AS told) AS told
        CROSS JOIN LATERAL (SELECT max(e.occurrence) AS last FROM statements_statemententry AS e
            WHERE e.account_id = %s AND e.bank_date = told.bank_date AND e.bank_serial = told.bank_serial
              AND e.direction = told.direction AND e.id <= %s) AS before
        {_CONFLICT}
        """,  # noqa: S608 - words of this module
        [*into.stamp, into.account_id, last_id],
    )


def _keep_for_judgement(cursor: CursorWrapper) -> None:
    cursor.execute(
        f"""
        INSERT INTO judged_entry (seq, digest, {", ".join(COLUMNS)})
        SELECT (SELECT count(*) FROM judged_entry) + row_number() OVER (), digest, {", ".join(COLUMNS)}
        FROM {_JUDGED} AS told
        """  # noqa: S608 - words of this module
    )


# Entries in force that were known before this fetch, of the days it speaks of.
_KNOWN = """
    (SELECT e.* FROM statements_statemententry AS e
     WHERE e.account_id = %(account)s AND e.id <= %(start)s
       AND e.bank_date BETWEEN (SELECT min(bank_date) FROM judged_entry) AND (SELECT max(bank_date) FROM judged_entry)
       AND NOT EXISTS (SELECT 1 FROM statements_statemententry AS n
         WHERE n.account_id = e.account_id AND n.bank_date = e.bank_date AND n.bank_serial = e.bank_serial
           AND n.direction = e.direction AND n.occurrence = e.occurrence AND n.revision > e.revision AND n.revision > 1))
"""
_SAME_KEY = "{a}.bank_date = {b}.bank_date AND {a}.bank_serial = {b}.bank_serial AND {a}.direction = {b}.direction"
# Keys some line of which says what no entry of the same source does.
_TROUBLED = f"""
    INSERT INTO troubled_key ({_KEY})
    SELECT DISTINCT {_KEY} FROM (
        SELECT {_KEY} FROM (
            SELECT {_KEY}, digest, 1 AS line FROM judged_entry
            UNION ALL SELECT {_KEY}, digest, -1 FROM {_KNOWN} AS known WHERE source = %(source)s
        ) AS both_sides GROUP BY {_KEY}, digest HAVING sum(line) > 0) AS untold
"""  # noqa: S608 - words of this module
# Of these, the ones another source has told in the same amounts.
_TOLD_ELSEWHERE = f"""
    DELETE FROM troubled_key AS t USING (
        SELECT f.bank_date, f.bank_serial, f.direction
        FROM (SELECT {_KEY}, amount, currency, count(*) AS lines FROM judged_entry GROUP BY {_KEY}, amount, currency) AS f
        LEFT JOIN (SELECT {_KEY}, amount, currency, count(*) AS lines FROM {_KNOWN} AS known
            WHERE source <> %(source)s GROUP BY {_KEY}, amount, currency) AS k
          ON {_SAME_KEY.format(a="k", b="f")} AND k.amount = f.amount AND k.currency = f.currency
        GROUP BY f.bank_date, f.bank_serial, f.direction HAVING bool_and(f.lines <= coalesce(k.lines, 0))
    ) AS same WHERE {_SAME_KEY.format(a="t", b="same")}
"""  # noqa: S608 - words of this module
# Lines of keys nothing was known of before: further occurrences of what this fetch brought already.
_FRESH = f"""
    {_INSERT} SELECT %(account)s, %(company)s, %(fetched_at)s, %(source)s, coalesce(before.last, 0) + twin, 1, {_VALUES}
    FROM (SELECT *, row_number() OVER (PARTITION BY {_KEY} ORDER BY seq) AS twin FROM judged_entry) AS told
    JOIN troubled_key AS t USING ({_KEY})
    CROSS JOIN LATERAL (SELECT max(e.occurrence) AS last, bool_or(e.id <= %(start)s) AS was_known
        FROM statements_statemententry AS e WHERE e.account_id = %(account)s AND {_SAME_KEY.format(a="e", b="told")}
    ) AS before
    WHERE before.was_known IS NOT TRUE
    ORDER BY seq
"""  # noqa: S608 - words of this module


def _judge(cursor: CursorWrapper, into: Load) -> None:
    """What the kept lines are, by key: seen, fresh, further occurrences, amended."""
    values: dict[str, Any] = {
        "account": into.account_id,
        "company": into.company_id,
        "fetched_at": into.fetched_at,
        "source": into.source,
        "start": into.start_id,
    }
    cursor.execute(f"ANALYZE judged_entry ({_KEY})")
    cursor.execute(_TROUBLED, values)
    if not cursor.rowcount:
        return
    cursor.execute(_TOLD_ELSEWHERE, values)
    _run(cursor, into, _FRESH, values)
    for entry_id, is_new in _settle(cursor, into):
        if is_new:
            into.new += 1
            into.new_ids.append(entry_id)
        else:
            into.amended_ids.append(entry_id)


def _settle(cursor: CursorWrapper, into: Load) -> Iterator[tuple[int, bool]]:
    """Insert the lines of keys that were known with another content: (id, whether it is a new occurrence)."""
    cursor.execute(
        f"""
        SELECT j.bank_date, j.bank_serial, j.direction, j.seq, j.digest, j.amount, j.currency
        FROM judged_entry AS j JOIN troubled_key USING ({_KEY})
        WHERE EXISTS (SELECT 1 FROM statements_statemententry AS e
            WHERE e.account_id = %s AND e.id <= %s AND {_SAME_KEY.format(a="e", b="j")})
        ORDER BY {_KEY}, j.seq
        """,  # noqa: S608 - words of this module
        [into.account_id, into.start_id],
    )
    rows = cursor.fetchall()
    for key, group in groupby(rows, key=itemgetter(0, 1, 2)):
        fetched = list(group)
        known, last = _known(cursor, into, key)
        lines = [Fetched(row[4], row[5], row[6]) for row in fetched]
        for place in place_lines(known, lines, source=into.source, last=last):
            cursor.execute(
                f"{_INSERT} SELECT %s, %s, %s, %s, %s, %s, {_VALUES} FROM judged_entry WHERE seq = %s RETURNING id",  # noqa: S608
                [*into.stamp, place.occurrence, place.revision, fetched[place.index][3]],
            )
            yield int(cursor.fetchone()[0]), place.revision == 1


def _known(cursor: CursorWrapper, into: Load, key: tuple[Any, ...]) -> tuple[list[KnownEntry], int]:
    """The entries in force under one key that were known before this fetch, and the last occurrence of any."""
    cursor.execute(
        """
        SELECT occurrence, revision, digest, source, amount, currency, id FROM (
            SELECT *, row_number() OVER (PARTITION BY occurrence ORDER BY revision DESC) AS place
            FROM statements_statemententry
            WHERE account_id = %s AND bank_date = %s AND bank_serial = %s AND direction = %s) AS versions
        WHERE place = 1 ORDER BY occurrence
        """,
        [into.account_id, *key],
    )
    rows = cursor.fetchall()
    known = [KnownEntry(*row[:6]) for row in rows if row[6] <= into.start_id]
    return known, max((row[0] for row in rows), default=0)
