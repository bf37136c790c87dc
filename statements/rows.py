"""What a statement's entries look like on their way into PostgreSQL: the columns of one COPY stream, and its text.

Text is CSV with tabs between fields and DEL as quote: neither occurs in statements, and whoever encodes sees to that. An
empty field says nothing. Money travels as text, never as a float.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator

from statements.rules import EntryLine

COLUMNS = (
    "bank_date", "booked_at", "value_date", "bank_serial", "direction", "amount", "currency", "balance_after",
    "counterparty_name", "counterparty_account", "counterparty_bank", "narrative", "purpose", "reference",
    "exchange_id",
)  # fmt: skip
TAB, QUOTE = "\t", "\x7f"
_SPECIAL = frozenset("\t\n\r\x7f")
CHUNK_LINES = 500


def text_of(value: str) -> str:
    """One field of text, word for word."""
    if "\x00" in value:
        value = value.replace("\x00", "")
    if _SPECIAL.isdisjoint(value):
        return value
    return f"{QUOTE}{value.replace(QUOTE, QUOTE + QUOTE)}{QUOTE}"


def row_of(line: EntryLine, exchange_id: int | None) -> str:
    """One line of the stream."""
    evidence = line.exchange_id or exchange_id
    return TAB.join(
        (
            line.bank_date.isoformat(),
            line.booked_at.isoformat(),
            "" if line.value_date is None else line.value_date.isoformat(),
            text_of(line.bank_serial),
            line.direction,
            f"{line.amount:f}",
            line.currency,
            "" if line.balance_after is None else f"{line.balance_after:f}",
            text_of(line.counterparty_name),
            text_of(line.counterparty_account),
            text_of(line.counterparty_bank),
            text_of(line.narrative),
            text_of(line.purpose),
            text_of(line.reference),
            "" if evidence is None else str(evidence),
        )
    )


def chunks_of(lines: Iterable[EntryLine], *, exchange_id: int | None) -> Iterator[bytes]:
    """The lines as pieces of the stream, made as they are asked for: memory stays flat however many there are."""
    rows: list[str] = []
    for line in lines:
        rows.append(row_of(line, exchange_id))
        if len(rows) == CHUNK_LINES:
            yield ("\n".join(rows) + "\n").encode()
            rows.clear()
    if rows:
        yield ("\n".join(rows) + "\n").encode()


class Segment(io.RawIOBase):
    """The next pieces of the stream, up to about `limit` bytes, as the file COPY reads."""

    def __init__(self, chunks: Iterator[bytes], *, limit: int) -> None:
        self._chunks, self._left = chunks, limit
        self._rest = b""
        self.is_last = False

    def readable(self) -> bool:
        """Files say so."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes; empty at the end of the segment."""
        if not self._rest and self._left > 0:
            self._rest = next(self._chunks, b"")
            self.is_last = not self._rest
            self._left = 0 if self.is_last else self._left - len(self._rest)
        cut = len(self._rest) if size < 0 else size
        data, self._rest = self._rest[:cut], self._rest[cut:]
        return data
