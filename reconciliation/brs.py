"""The bank reconciliation statement (银行存款余额调节表, DOMAIN §5): its four classes, its arithmetic, and the one form of its
content that everything else is drawn from. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kernel import seal

ZERO = Decimal("0.00")
BANK_IN, BANK_OUT, BOOK_IN, BOOK_OUT = "bank_in", "bank_out", "book_in", "book_out"
OLD_DAYS, REASON_DAYS = 30, 90  # older ones escalate; still older ones want a written reason


@dataclass(frozen=True)
class ItemClass:
    """One of the four classes of outstanding items; `letter` as the printed form has it."""

    name: str
    letter: str
    title: Promise
    next_step: Promise

    @property
    def is_bank(self) -> bool:
        """Whether only the bank has recorded it."""
        return self.name in (BANK_IN, BANK_OUT)


CLASSES = {
    one.name: one
    for one in (
        ItemClass(BANK_IN, "C", _("银行已收、企业未收"), _("查明来款，取得回单后记账")),
        ItemClass(BANK_OUT, "D", _("银行已付、企业未付"), _("取得银行回单后补制凭证")),
        ItemClass(BOOK_IN, "E", _("企业已收、银行未收"), _("核实款项是否到账，向付款方查询")),
        ItemClass(BOOK_OUT, "F", _("企业已付、银行未付"), _("核实付款是否发出，向开户行查询")),
    )
}


def class_of(*, is_bank: bool, is_outgo: bool) -> str:
    """The class of an outstanding line: whose it is, and whether money goes out."""
    if is_bank:
        return BANK_OUT if is_outgo else BANK_IN
    return BOOK_OUT if is_outgo else BOOK_IN


@dataclass(frozen=True, kw_only=True)
class Item:
    """One outstanding item (未达账项): a line one side recorded and the other did not, so far."""

    kind: str
    id: int  # of the statement entry or journal entry
    day: date
    document: str  # the bank's serial, or the voucher
    party: str
    text: str
    amount: Decimal
    reason: str = ""
    owner: str = ""
    next_step: str = ""

    def age(self, on: date) -> int:
        """Days since it was recorded."""
        return (on - self.day).days


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """One account's statement at the end of a day, as known at a moment. Balances are None where nothing tells them."""

    company: str
    company_code: str
    bank: str
    branch: str
    number: str
    name: str
    currency: str
    day: date
    known_at: datetime
    kept_from: date | None  # the journal's opening
    book: Decimal | None
    balance: Decimal | None  # the bank's
    balance_source: str
    items: tuple[Item, ...]

    def of(self, kind: str) -> tuple[Item, ...]:
        """The items of one class, oldest first."""
        return tuple(one for one in self.items if one.kind == kind)

    def total(self, kind: str) -> Decimal:
        """The sum of one class."""
        return sum((one.amount for one in self.of(kind)), ZERO)

    @property
    def adjusted_book(self) -> Decimal | None:
        """A + C − D."""
        if self.book is None:
            return None
        return self.book + self.total(BANK_IN) - self.total(BANK_OUT)

    @property
    def adjusted_bank(self) -> Decimal | None:
        """B + E − F."""
        if self.balance is None:
            return None
        return self.balance + self.total(BOOK_IN) - self.total(BOOK_OUT)

    @property
    def difference(self) -> Decimal | None:
        """What both sides still differ by; None while a balance is unknown."""
        book, bank = self.adjusted_book, self.adjusted_bank
        return None if book is None or bank is None else book - bank

    @property
    def is_balanced(self) -> bool:
        """Whether both sides agree to the cent."""
        return self.difference == 0

    @property
    def oldest(self) -> int:
        """The age of the oldest item in days; 0 without any."""
        return max((one.age(self.day) for one in self.items), default=0)

    def aged(self, days: int) -> tuple[Item, ...]:
        """The items older than so many days."""
        return tuple(one for one in self.items if one.age(self.day) > days)

    def unexplained(self) -> tuple[Item, ...]:
        """Old items that want a written reason and have none."""
        return tuple(one for one in self.aged(REASON_DAYS) if not one.reason.strip())

    def content(self) -> bytes:
        """The one byte form: what is signed, archived, and drawn."""
        return seal.canonical(asdict(self))

    def substance(self) -> tuple[object, ...]:
        """Balances and lines without any word: what computing it again has to give."""
        lines = tuple((one.kind, one.id, one.day, one.amount) for one in self.items)
        return self.day, self.book, self.balance, lines

    def figures(self) -> str:
        """A digest of what it says, whenever it was asked: equal while nothing changed."""
        return seal.digest(seal.canonical(asdict(self) | {"known_at": None}))


def sheet_of(plain: Mapping[str, Any]) -> Sheet:
    """A statement from its content (parsed JSON)."""
    values = dict(plain)
    for name in ("book", "balance"):
        values[name] = None if values[name] is None else Decimal(values[name])
    values["day"] = date.fromisoformat(values["day"])
    values["known_at"] = datetime.fromisoformat(values["known_at"])
    values["kept_from"] = values["kept_from"] and date.fromisoformat(values["kept_from"])
    values["items"] = tuple(
        Item(**{**one, "day": date.fromisoformat(one["day"]), "amount": Decimal(one["amount"])})
        for one in values["items"]
    )
    return Sheet(**values)


def changes(before: Sheet, after: Sheet) -> tuple[tuple[Item, ...], tuple[Item, ...]]:
    """What left the statement and what came, by line and amount."""
    old = {(one.kind, one.id, one.amount): one for one in before.items}
    new = {(one.kind, one.id, one.amount): one for one in after.items}
    return (
        tuple(one for key, one in old.items() if key not in new),
        tuple(one for key, one in new.items() if key not in old),
    )
