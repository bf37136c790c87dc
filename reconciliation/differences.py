"""In what an outstanding line differs from the other side (S59): a class for each, and the line it differs from. Pure.

What is named here is a warning to a person, no match: a pair is named only where what ties it is on one open line of either side.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from masterdata.checks import normalise_account, normalise_name

DUPLICATE, SIGN, AMOUNT, DATE = "duplicate", "sign", "amount", "date"
WAITING = "waiting"  # the other side has lines like it, and a person says which
BANK_ONLY, BOOK_ONLY = "bank_only", "book_only"
TITLES: dict[str, Promise] = {
    DUPLICATE: _("疑似重复"),
    SIGN: _("方向相反"),
    AMOUNT: _("金额不符"),
    DATE: _("日期不符"),
    WAITING: _("待人工勾对"),
    BANK_ONLY: _("仅银行有"),
    BOOK_ONLY: _("仅账面有"),
}
CONTRADICTIONS = (DUPLICATE, SIGN, AMOUNT, DATE)  # both sides speak of it, not alike

TWIN_DAYS = 5  # a line told twice comes twice within so many days
TIE_DAYS = 31  # a number or a party further apart tells of another month's business
NEAR_DAYS = 5  # without a common number, another amount is the same business only so near
AMOUNT_SHARE = Decimal("0.1")  # … and only if it is nearly the same, or has the same digits
_WORD = re.compile(r"[0-9A-Z][0-9A-Z-]{5,}")
_DAY = re.compile(r"(19|20)\d{2}-?[01]\d-?[0-3]\d")


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of either side as this comparison needs it; `document` is what a person looks it up by."""

    is_bank: bool
    id: int
    day: date
    is_outgo: bool
    amount: Decimal
    account: str = ""
    name: str = ""
    text: str = ""
    references: tuple[str, ...] = ()  # ours, and the voucher's bill number
    serial: str = ""  # the bank's own number of the line: no other line has it
    document: str = ""
    words: frozenset[str] = field(init=False)  # every number it carries or mentions
    party: tuple[str, ...] = field(init=False)  # the other side's account and name, as they compare

    def __post_init__(self) -> None:
        told = " ".join((*self.references, self.serial, self.text)).upper()
        found = {word for word in _WORD.findall(told) if not _DAY.fullmatch(word)}
        object.__setattr__(self, "words", frozenset(found))
        party = (normalise_account(self.account), normalise_name(self.name))
        object.__setattr__(self, "party", tuple(filter(None, party)))

    def told(self) -> str:
        """Whose it is, its day, document, direction and amount."""
        side = _now("银行") if self.is_bank else _now("账面")
        way = _now("▲付") if self.is_outgo else _now("▼收")
        return f"{side} {self.day} {self.document} {way} {self.amount:,.2f}"

    @property
    def identity(self) -> Hashable:
        """What two lines of one side share when they tell the same; None where nothing tells."""
        told = tuple(sorted(filter(None, self.references)))
        return told or ((self.party, self.text) if self.party or self.text else None)


@dataclass(frozen=True)
class Difference:
    """The class of a line's difference, and the line it differs from (of the other side; of a duplicate, of its own)."""

    kind: str
    other: Line | None = None

    @property
    def title(self) -> Promise:
        """The class in words."""
        return TITLES[self.kind]

    @property
    def told(self) -> str:
        """The line it differs from, in words."""
        return "" if self.other is None else self.other.told()

    def words(self) -> str:
        """Both."""
        return " ".join(filter(None, (str(self.title), self.told)))


Key = tuple[bool, int]  # of a line: whether the bank's, its id


def judge(lines: Sequence[Line], alike: Iterable[Line]) -> dict[Key, Difference]:
    """The difference of every open line of one account; `alike` are all its lines, matched ones too, of the same amounts."""
    found: dict[Key, Difference] = {}
    for line, first in _duplicates(lines, alike):
        found[line.is_bank, line.id] = Difference(DUPLICATE, first)
    for rule in (_by_number, _by_party, _by_amount):
        left = [line for line in lines if (line.is_bank, line.id) not in found]
        for kind, bank, book in rule(left):
            keys = [(True, bank.id), (False, book.id)]
            if not any(key in found for key in keys):
                found[keys[0]], found[keys[1]] = Difference(kind, book), Difference(kind, bank)
    left = [line for line in lines if (line.is_bank, line.id) not in found]
    by_amount: dict[Hashable, list[Line]] = defaultdict(list)
    for line in left:
        by_amount[line.is_bank, line.is_outgo, line.amount].append(line)
    for line in left:
        across = by_amount.get((not line.is_bank, line.is_outgo, line.amount), ())
        is_met = any(_near(line, one, NEAR_DAYS) and _may_be(line, one) for one in across)
        alone = BANK_ONLY if line.is_bank else BOOK_ONLY
        found[line.is_bank, line.id] = Difference(WAITING if is_met else alone)
    return found


def _may_be(one: Line, other: Line) -> bool:
    """Whether the parties of two lines do not contradict each other."""
    return not one.party or not other.party or bool(set(one.party) & set(other.party))


def _near(one: Line, other: Line, days: int) -> bool:
    return abs((one.day - other.day).days) <= days


def _duplicates(lines: Sequence[Line], alike: Iterable[Line]) -> Iterator[tuple[Line, Line]]:
    """Open lines one side tells more often than the other, each with the first of them."""
    is_open = {(one.is_bank, one.id) for one in lines}
    by_amount: dict[Hashable, list[Line]] = defaultdict(list)
    by_identity: dict[Hashable, list[Line]] = defaultdict(list)
    every = {(one.is_bank, one.id): one for one in (*alike, *lines)}
    for one in sorted(every.values(), key=lambda one: (one.day, one.id)):
        by_amount[one.is_bank, one.is_outgo, one.amount].append(one)
        if one.identity is not None:
            by_identity[one.is_bank, one.is_outgo, one.amount, one.identity].append(one)
    for line in lines:
        told = by_identity.get((line.is_bank, line.is_outgo, line.amount, line.identity), ())
        twins = [one for one in told if _near(one, line, TWIN_DAYS)]
        if len(twins) < 2:
            continue
        across = by_amount.get((not line.is_bank, line.is_outgo, line.amount), ())
        others = sum(_near(one, line, TWIN_DAYS) for one in across)
        if not others and not any(line.references):
            continue  # two lines alike that only one side knows of: a fee a day is no fee told twice
        surplus = len(twins) - max(others, 1)
        waiting = [one for one in twins[1:] if (one.is_bank, one.id) in is_open]
        if surplus > 0 and line in waiting[-surplus:]:
            yield line, twins[0]


Pair = tuple[str, Line, Line]


def _alone(
    lines: Iterable[Line], keys: Callable[[Line], Iterable[Hashable]]
) -> Iterator[tuple[Line, Line]]:
    """Pairs of a bank's and a book's line that are the only ones of a key on their side."""
    sides: dict[Hashable, tuple[list[Line], list[Line]]] = defaultdict(lambda: ([], []))
    for line in lines:
        for key in keys(line):
            sides[key][not line.is_bank].append(line)
    for bank, book in sides.values():
        if len(bank) == len(book) == 1:
            yield bank[0], book[0]


def _by_number(lines: Sequence[Line]) -> Iterator[Pair]:
    """Lines that carry one number: what they differ in."""
    for bank, book in _alone(lines, lambda line: line.words):
        if not _near(bank, book, TIE_DAYS):
            continue
        is_equal, is_opposite = bank.amount == book.amount, bank.is_outgo != book.is_outgo
        if is_equal and is_opposite:
            yield SIGN, bank, book
        elif not is_equal and not is_opposite:
            yield AMOUNT, bank, book
        elif is_equal and bank.day != book.day:
            yield DATE, bank, book


def _by_party(lines: Sequence[Line]) -> Iterator[Pair]:
    """Lines of one counterparty: the same amount the other way, the same on a far day, nearly the same on a near one."""
    for bank, book in _alone(lines, lambda line: [(one, line.amount) for one in line.party]):
        if bank.is_outgo != book.is_outgo and _near(bank, book, TIE_DAYS):
            yield SIGN, bank, book
        elif (
            bank.is_outgo == book.is_outgo and bank.day != book.day and _near(bank, book, TIE_DAYS)
        ):
            yield DATE, bank, book
    for bank, book in _alone(lines, lambda line: [(one, line.is_outgo) for one in line.party]):
        if _near(bank, book, NEAR_DAYS) and _is_slip(bank.amount, book.amount):
            yield AMOUNT, bank, book


def _is_slip(one: Decimal, other: Decimal) -> bool:
    """Whether two amounts are one written wrong: nearly the same, or the same digits."""
    if one == other:
        return False
    if abs(one - other) <= AMOUNT_SHARE * max(one, other):
        return True
    digits = [Counter(f"{amount:.2f}".replace(".", "").replace("0", "")) for amount in (one, other)]
    return digits[0] == digits[1]


def _by_amount(lines: Sequence[Line]) -> Iterator[Pair]:
    """The only two lines of an amount, whose parties do not contradict: the other way, or on a far day."""
    for bank, book in _alone(lines, lambda line: [line.amount]):
        if not _may_be(bank, book):
            continue
        if bank.is_outgo != book.is_outgo and _near(bank, book, NEAR_DAYS):
            yield SIGN, bank, book
        elif (
            bank.is_outgo == book.is_outgo
            and NEAR_DAYS < abs((bank.day - book.day).days) <= TIE_DAYS
        ):
            yield DATE, bank, book
