"""Which entry an electronic receipt proves, and what a day's receipts are worth: pure functions, most certain rule first."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TypeVar

SERIAL, PARTY, AMOUNT = "serial", "party", "amount"
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Paper:
    """A receipt as the bank lists it; None and "" are what it does not tell."""

    id: int
    day: date
    amount: Decimal | None
    currency: str
    direction: str
    bank_serial: str
    counterparty_account: str


@dataclass(frozen=True, kw_only=True)
class Posted:
    """An entry of the same account, without a receipt so far."""

    id: int
    day: date
    amount: Decimal
    currency: str
    direction: str
    bank_serial: str
    counterparty_account: str


@dataclass(frozen=True)
class Link:
    """A receipt with the entry it proves, and the rule that says so."""

    receipt_id: int
    entry_id: int
    rule: str


def pair(papers: Iterable[Paper], entries: Iterable[Posted]) -> list[Link]:
    """Receipts with their entries: by the bank's serial, then by day, amount and counterparty, then by day and amount.

    A rule ties only what is alone on both sides: two equal payments of one day with nothing to tell them apart stay
    open, and so does whatever contradicts (another amount, the other direction). Nothing is tied twice.
    """
    free, left = {one.id: one for one in entries}, {one.id: one for one in papers}
    found: list[Link] = []
    for rule, of_paper, of_entry in _RULES:
        mine, theirs = _by(left.values(), of_paper), _by(free.values(), of_entry)
        for key, receipts in mine.items():
            if len(receipts) != 1 or len(theirs.get(key, ())) != 1:
                continue
            paper, entry = receipts[0], theirs[key][0]
            if not _agrees(paper, entry) or entry.id not in free:
                continue
            found.append(Link(paper.id, entry.id, rule))
            del left[paper.id], free[entry.id]
    return found


def _by(rows: Iterable[T], key_of: Callable[[T], Sequence[Hashable]]) -> dict[Hashable, list[T]]:
    found: dict[Hashable, list[T]] = defaultdict(list)
    for row in rows:
        for key in key_of(row):
            found[key].append(row)
    return found


def _agrees(paper: Paper, entry: Posted) -> bool:
    if paper.direction and paper.direction != entry.direction:
        return False
    return paper.amount is None or (paper.amount, paper.currency) == (entry.amount, entry.currency)


def _serials(entry: Posted) -> list[Hashable]:
    """The entry's number, and its parts where ours is put together of several of the bank's."""
    whole = entry.bank_serial
    if not whole or whole.startswith("~"):
        return []
    return [(entry.day, number) for number in {whole, *whole.split("-")}]


def _told(*values: object) -> bool:
    return all(value not in ("", None) for value in values)


def _money(row: Paper | Posted) -> tuple[Hashable, ...]:
    return (row.day, row.amount, row.currency)


_RULES: tuple[
    tuple[
        str,
        Callable[[Paper], Sequence[Hashable]],
        Callable[[Posted], Sequence[Hashable]],
    ],
    ...,
] = (
    (SERIAL, lambda one: [(one.day, one.bank_serial)] if one.bank_serial else [], _serials),
    (
        PARTY,
        lambda one: (
            [(*_money(one), one.direction, one.counterparty_account)]
            if _told(one.amount, one.direction, one.counterparty_account)
            else []
        ),
        lambda one: (
            [(*_money(one), one.direction, one.counterparty_account)]
            if one.counterparty_account
            else []
        ),
    ),
    (
        AMOUNT,
        lambda one: [(*_money(one), one.direction)] if _told(one.amount, one.direction) else [],
        lambda one: [(*_money(one), one.direction)],
    ),
    (
        AMOUNT,
        lambda one: [_money(one)] if one.amount is not None and not one.direction else [],
        lambda one: [_money(one)],
    ),
)


def balanced(papers: Iterable[Paper], entries: Iterable[Posted]) -> int:
    """How many of these entries, left open by `pair`, are matched in number: as many receipts of that day and amount.

    Which receipt is whose nothing tells, but none is wanting.
    """
    here = Counter(_money(one) for one in entries)
    there = Counter(_money(one) for one in papers if one.amount is not None)
    return sum(count for key, count in here.items() if there[key] == count)


@dataclass(frozen=True, kw_only=True)
class Counted:
    """What there is of one account's day."""

    entries: int
    proven: int  # entries with a receipt of their own, or matched in number
    stray: int
    without_file: int
    is_covered: bool  # by one receipt for the whole day
    is_past: bool
    lists_entries: bool = True  # whether the bank tells entries at all

    @property
    def missing(self) -> int:
        """Entries nothing proves."""
        return 0 if self.is_covered else max(0, self.entries - self.proven)


def judge(day: Counted) -> str:
    """The status of a day: missing, stray, no_file, waiting or complete (`statements.models.ReceiptDay.Status`)."""
    if day.missing:
        return "missing" if day.is_past else "waiting"
    if day.stray and day.lists_entries and day.is_past:
        return "stray"
    if day.without_file:
        return "no_file" if day.is_past else "waiting"
    return "complete"
