"""COPY into a temporary table, then one INSERT: how many statement lines reach PostgreSQL at once.

Reached through Django's own cursor. Money travels as text, never as a float.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.db.backends.utils import CursorWrapper

from statements.rules import EntryLine, entry_digest, serial_of

_KEY = "account_id, bank_date, bank_serial, direction, occurrence, revision"
_TOLD = (
    "bank_date, booked_at, bank_serial, direction, amount, currency, balance_after, counterparty_name, "
    "counterparty_account, counterparty_bank, narrative, purpose, reference, digest, exchange_id"
)
_CREATE = """
    CREATE TEMPORARY TABLE incoming_entry (
        seq integer, bank_date date, booked_at timestamptz, bank_serial text, direction text, amount numeric(18,2),
        currency text, balance_after numeric(18,2), counterparty_name text, counterparty_account text,
        counterparty_bank text, narrative text, purpose text, reference text, digest text, exchange_id bigint,
        crowd integer
    ) ON COMMIT DROP
"""
_COPY = f"COPY incoming_entry (seq, {_TOLD}) FROM STDIN"
_LIMITS = {"bank_serial": 60, "name": 200, "account": 40, "text": 300}


def _cell(value: object, limit: int = 0) -> str:
    """One field of COPY's text format; None is NULL."""
    if value is None:
        return r"\N"
    text = value.isoformat() if hasattr(value, "isoformat") else str(value)
    if limit:
        text = text[:limit]
    if "\\" in text:
        text = text.replace("\\", "\\\\")
    if "\t" in text or "\n" in text or "\r" in text or "\x00" in text:
        text = (
            text.replace("\x00", "").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
        )
    return text


def _row(seq: int, line: EntryLine, exchange_id: int | None) -> str:
    digest = entry_digest(line)
    name, account, text = _LIMITS["name"], _LIMITS["account"], _LIMITS["text"]
    cells = (
        str(seq),
        line.bank_date.isoformat(),
        line.booked_at.isoformat(),
        _cell(serial_of(line, digest), _LIMITS["bank_serial"]),
        line.direction,
        f"{line.amount:f}",
        line.currency,
        r"\N" if line.balance_after is None else f"{line.balance_after:f}",
        _cell(line.counterparty_name, name),
        _cell(line.counterparty_account, account),
        _cell(line.counterparty_bank, name),
        _cell(line.narrative, text),
        _cell(line.purpose, text),
        _cell(line.reference, account),
        digest,
        _cell(line.exchange_id or exchange_id),
    )
    return "\t".join(cells) + "\n"


class RowStream(io.RawIOBase):
    """Lines as the bytes COPY reads, made as they are asked for: memory stays flat however many there are."""

    def __init__(self, lines: Iterable[EntryLine], *, exchange_id: int | None) -> None:
        self.count = 0
        self._rows = self._encode(lines, exchange_id)
        self._rest = b""

    def _encode(self, lines: Iterable[EntryLine], exchange_id: int | None) -> Iterator[bytes]:
        for line in lines:
            self.count += 1
            yield _row(self.count, line, exchange_id).encode()

    def readable(self) -> bool:
        """Files say so."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes; empty at the end."""
        parts, have = [self._rest], len(self._rest)
        while size < 0 or have < size:
            row = next(self._rows, b"")
            if not row:
                break
            parts.append(row)
            have += len(row)
        data = b"".join(parts)
        cut = len(data) if size < 0 else size
        self._rest = data[cut:]
        return data[:cut]


def copy_lines(
    cursor: CursorWrapper, lines: Iterable[EntryLine], *, exchange_id: int | None
) -> int:
    """Bring the lines into the temporary table `incoming_entry` of this transaction; how many there were."""
    cursor.execute("DROP TABLE IF EXISTS incoming_entry")
    cursor.execute(_CREATE)
    stream = RowStream(lines, exchange_id=exchange_id)
    raw: Any = cursor.cursor
    raw.copy_expert(_COPY, stream)
    return stream.count


def insert_plain(
    cursor: CursorWrapper, *, account_id: int, company_id: int, fetched_at: datetime
) -> list[int]:
    """Insert the lines whose key stands once in the fetch and is new to the table; the new ids in the bank's order."""
    cursor.execute(
        """
        UPDATE incoming_entry AS i SET crowd = c.crowd FROM (
            SELECT bank_date, bank_serial, direction, count(*) AS crowd FROM incoming_entry
            GROUP BY bank_date, bank_serial, direction HAVING count(*) > 1) AS c
        WHERE (i.bank_date, i.bank_serial, i.direction) = (c.bank_date, c.bank_serial, c.direction)
        """
    )
    cursor.execute(
        f"""
        INSERT INTO statements_statemententry
            (account_id, company_id, occurrence, revision, fetched_at, {_TOLD})
        SELECT %s, %s, 1, 1, %s, {_TOLD} FROM incoming_entry WHERE crowd IS NULL ORDER BY seq
        ON CONFLICT ({_KEY}) DO NOTHING RETURNING id
        """,  # noqa: S608 - the names are constants of this module
        [account_id, company_id, fetched_at],
    )
    return [row[0] for row in cursor.fetchall()]


def unsettled(cursor: CursorWrapper, *, account_id: int) -> list[tuple[Any, ...]]:
    """(seq, bank_date, bank_serial, direction, digest) of lines that share a key or differ from the entry in force."""
    cursor.execute(
        """
        SELECT i.seq, i.bank_date, i.bank_serial, i.direction, i.digest FROM incoming_entry AS i
        WHERE i.crowd IS NOT NULL OR NOT EXISTS (
            SELECT 1 FROM statements_statemententry AS e
            WHERE e.account_id = %s AND e.bank_date = i.bank_date AND e.bank_serial = i.bank_serial
              AND e.direction = i.direction AND e.digest = i.digest AND NOT EXISTS (
                SELECT 1 FROM statements_statemententry AS n
                WHERE n.account_id = e.account_id AND n.bank_date = e.bank_date AND n.bank_serial = e.bank_serial
                  AND n.direction = e.direction AND n.occurrence = e.occurrence AND n.revision > e.revision))
        ORDER BY i.seq
        """,
        [account_id],
    )
    return list(cursor.fetchall())


def insert_placed(
    cursor: CursorWrapper,
    *,
    seq: int,
    occurrence: int,
    revision: int,
    account_id: int,
    company_id: int,
    fetched_at: datetime,
) -> int:
    """Insert one fetched line as the given occurrence and revision of its key; its id."""
    cursor.execute(
        f"""
        INSERT INTO statements_statemententry
            (account_id, company_id, occurrence, revision, fetched_at, {_TOLD})
        SELECT %s, %s, %s, %s, %s, {_TOLD} FROM incoming_entry WHERE seq = %s RETURNING id
        """,  # noqa: S608 - the names are constants of this module
        [account_id, company_id, occurrence, revision, fetched_at, seq],
    )
    return int(cursor.fetchone()[0])
