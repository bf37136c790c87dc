"""What every reader of statement files gives: one Section a statement, its entries as pieces of `statements.rows`' stream."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from queue import Empty, Full, Queue

from kernel.errors import InvalidInput

HEAD_BYTES_MAX = 1024 * 1024  # between two runs of entries
ENTRY_BYTES_MAX = 4 * 1024 * 1024
SECTIONS_MAX = 10_000


@dataclass
class Section:
    """One statement of one account. `rows` is read once, before the next section; what stands behind the entries in the
    file (closing balance, totals) is there only after it."""

    account: str
    currency: str = ""
    number: str = ""  # the bank's name of the statement
    sequence: int | None = None
    page: int | None = None
    first: date | None = None
    last: date | None = None
    opening: Decimal | None = None
    opening_day: date | None = None
    closing: Decimal | None = None
    closing_day: date | None = None
    held: Decimal | None = None  # booked so far, of a day still running
    held_day: date | None = None
    available: Decimal | None = None  # to dispose of, as of whichever of the two
    made: str = ""  # when the bank wrote it, in its own words: later ones sort behind
    told_count: int | None = None
    told_credits: Decimal | None = None
    told_debits: Decimal | None = None
    is_interim: bool = False  # of a day still running: never a day's last word
    is_last_page: bool = True  # its closing is the statement's, not a page's
    count: int = 0
    skipped: int = 0  # pending entries: announced, not booked
    rows: Iterator[bytes] = field(default_factory=lambda: iter(()))


def refuse(
    message: str, english: str, *, code: str = "file_unreadable", row: int | None = None
) -> InvalidInput:
    """The refusal of a file."""
    where = "" if row is None else f"第 {row} 笔明细："
    return InvalidInput(f"{where}{message}", english, code=code, field="file", row=row)


def amount_of(text: str, what: str) -> Decimal:
    """An amount of a head, at most two decimals. Raises InvalidInput."""
    try:
        value = Decimal(text.strip())
    except InvalidOperation:
        raise refuse(f"{what}「{text[:40]}」不是金额", f"{what} is no amount") from None
    if not value.is_finite() or value != value.quantize(Decimal("0.01")) or abs(value) >= 10**16:
        raise refuse(f"{what}「{text[:40]}」不是两位小数的金额", f"{what} is no amount")
    return value.quantize(Decimal("0.01"))


def day_of(text: str, what: str) -> date:
    """A day of a head, `2026-11-24…`. Raises InvalidInput."""
    try:
        return date.fromisoformat(text.strip()[:10])
    except ValueError:
        raise refuse(f"{what}「{text[:40]}」不是日期", f"{what} is no day") from None


def ahead(chunks: Iterable[bytes], *, depth: int = 4) -> Iterator[bytes]:
    """The same pieces, made by a thread while the caller is busy with earlier ones; at most `depth` wait.

    An error of the maker is raised here. Leaving the loop stops the maker.
    """
    waiting: Queue[bytes | BaseException | None] = Queue(depth)
    stopped = threading.Event()

    def put(one: bytes | BaseException | None) -> bool:
        while not stopped.is_set():
            try:
                waiting.put(one, timeout=0.2)
            except Full:
                continue
            return True
        return False

    def make() -> None:
        try:
            for chunk in chunks:
                if not put(chunk):
                    return
        except BaseException as error:  # handed to the reader, whatever it is
            put(error)
        else:
            put(None)

    maker = threading.Thread(target=make, name="statement-reader", daemon=True)
    maker.start()
    try:
        while (one := waiting.get()) is not None:
            if isinstance(one, BaseException):
                raise one
            yield one
    finally:
        stopped.set()
        while True:
            try:
                waiting.get_nowait()
            except Empty:
                break
        maker.join(timeout=10)
