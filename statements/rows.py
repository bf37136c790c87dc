"""What a statement's entries look like on their way into PostgreSQL: the columns of one COPY stream, and its text.

Text is CSV with tabs between fields and DEL as quote: neither occurs in statements, and whoever encodes sees to that. An
empty field says nothing. Money travels as text, never as a float.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from kernel import clock
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
    """One line of the stream, whatever its texts hold."""
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


def _plain_row(line: EntryLine, exchange_id: int | None) -> str:
    """One line of the stream whose texts hold none of its marks."""
    value_date, after, evidence = (
        line.value_date,
        line.balance_after,
        line.exchange_id or exchange_id,
    )
    booked_at = line.booked_at
    if booked_at.tzinfo is clock.SHANGHAI and not booked_at.fold:
        booked_at = booked_at.replace(
            tzinfo=None
        )  # so it is read, and writing the offset takes half of all time
    return (
        f"{line.bank_date!s}\t{booked_at!s}\t{'' if value_date is None else value_date!s}\t{line.bank_serial}\t"
        f"{line.direction}\t{line.amount!s}\t{line.currency}\t{'' if after is None else after!s}\t"
        f"{line.counterparty_name}\t{line.counterparty_account}\t{line.counterparty_bank}\t{line.narrative}\t"
        f"{line.purpose}\t{line.reference}\t{'' if evidence is None else evidence}"
    )


def _chunk(lines: Sequence[EntryLine], exchange_id: int | None) -> bytes:
    """The lines as one piece; marks inside texts show in how many of them it holds, and only then are texts looked at."""
    text = "\n".join([_plain_row(line, exchange_id) for line in lines])
    is_plain = (text.count(TAB), text.count("\n")) == (
        len(lines) * (len(COLUMNS) - 1),
        len(lines) - 1,
    )
    if not is_plain or "\r" in text or QUOTE in text or "\x00" in text:
        text = "\n".join([row_of(line, exchange_id) for line in lines])
    return f"{text}\n".encode()


def chunks_of(lines: Iterable[EntryLine], *, exchange_id: int | None) -> Iterator[bytes]:
    """The lines as pieces of the stream, made as they are asked for: memory stays flat however many there are."""
    waiting = iter(lines)
    while batch := list(islice(waiting, CHUNK_LINES)):
        yield _chunk(batch, exchange_id)


class Segment(io.RawIOBase):
    """The next pieces of the stream, up to about `limit` bytes, as the file COPY reads."""

    def __init__(self, chunks: Iterator[bytes], *, limit: int) -> None:
        self._chunks, self._left = chunks, limit
        self._rest = b""
        self.is_last = False
        self.error: BaseException | None = (
            None  # of the maker of the pieces: COPY tells its words alone
        )

    def readable(self) -> bool:
        """Files say so."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes; empty at the end of the segment."""
        if not self._rest and self._left > 0:
            self._rest = self._next()
            self.is_last = not self._rest
            self._left = 0 if self.is_last else self._left - len(self._rest)
        cut = len(self._rest) if size < 0 else size
        data, self._rest = self._rest[:cut], self._rest[cut:]
        return data

    def _next(self) -> bytes:
        try:
            return next(self._chunks, b"")
        except BaseException as error:
            self.error = error
            raise
