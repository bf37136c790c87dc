"""The bank journal as a book: running balance, daily totals (日清), month totals (月结), gaps in voucher numbers. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby

from ledger.rules import DEBIT, ZERO

ENTRY, DAY, MONTH = "entry", "day", "month"
_NUMBER = re.compile(r"\d+")
GAP_MAX = 500  # a jump further than this is another series, not a gap


@dataclass(frozen=True, kw_only=True)
class Posting:
    """One entry of the journal as the book needs it; `direction` is what it does to the account."""

    id: int
    day: date
    direction: str
    amount: Decimal
    is_red: bool
    voucher_type: str = ""
    voucher_no: str = ""
    description: str = ""
    settlement_method: str = ""
    bill_no: str = ""
    opposite_subject: str = ""
    counterparty_name: str = ""
    voucher_id: int | None = None

    @property
    def change(self) -> Decimal:
        """Money in, or (negative) out."""
        return self.amount if self.direction == DEBIT else -self.amount

    @property
    def sides(self) -> tuple[Decimal, Decimal]:
        """(debit, credit) as the book prints them: a red entry stands on its own side with a minus."""
        if self.is_red:
            return (ZERO, -self.amount) if self.direction == DEBIT else (-self.amount, ZERO)
        return (self.amount, ZERO) if self.direction == DEBIT else (ZERO, self.amount)


@dataclass(frozen=True, kw_only=True)
class BookLine:
    """One line of the printed journal: an entry, a day's total or a month's; `balance` None where no opening is set."""

    kind: str
    day: date
    debit: Decimal
    credit: Decimal
    balance: Decimal | None
    posting: Posting | None = None


@dataclass(frozen=True)
class Sums:
    """Both sides of some entries."""

    debit: Decimal = ZERO
    credit: Decimal = ZERO

    def plus(self, one: Posting) -> Sums:
        """With one entry more."""
        debit, credit = one.sides
        return Sums(self.debit + debit, self.credit + credit)

    @property
    def net(self) -> Decimal:
        """Money in less money out."""
        return self.debit - self.credit


def sums_of(postings: Iterable[Posting]) -> Sums:
    """Both sides of these entries."""
    total = Sums()
    for one in postings:
        total = total.plus(one)
    return total


def book(postings: Sequence[Posting], *, opening: Decimal | None) -> Iterator[BookLine]:
    """The entries in order, each with the balance after it; after each day its total, after each month its total.

    `postings` are in the order of the book; a month's total covers what is given of it.
    """
    balance = opening
    for _month, of_month in groupby(postings, key=lambda one: (one.day.year, one.day.month)):
        whole = Sums()
        last: date | None = None
        for day, of_day in groupby(of_month, key=lambda one: one.day):
            daily = Sums()
            for one in of_day:
                debit, credit = one.sides
                balance = None if balance is None else balance + one.change
                daily = daily.plus(one)
                yield BookLine(
                    kind=ENTRY, day=day, debit=debit, credit=credit, balance=balance, posting=one
                )
            yield BookLine(
                kind=DAY, day=day, debit=daily.debit, credit=daily.credit, balance=balance
            )
            whole, last = Sums(whole.debit + daily.debit, whole.credit + daily.credit), day
        if last is not None:
            yield BookLine(
                kind=MONTH, day=last, debit=whole.debit, credit=whole.credit, balance=balance
            )


def gaps(numbers: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Missing voucher numbers by voucher type among (type, number): `{"付": ["0003", "0007–0009"]}`.

    Numbers are those of all vouchers of a month, whichever account they touch; the first of a month is 1.
    """
    by_type: dict[str, set[int]] = {}
    for kind, text in numbers:
        found = _NUMBER.search(text)
        if found is not None:
            by_type.setdefault(kind, set()).add(int(found[0]))
    missing: dict[str, list[str]] = {}
    for kind, present in sorted(by_type.items()):
        before = 0
        for number in sorted(present):
            if 1 < number - before <= GAP_MAX:
                first, last = before + 1, number - 1
                missing.setdefault(kind, []).append(
                    f"{first:04d}" if first == last else f"{first:04d}–{last:04d}"
                )
            before = number
    return missing
