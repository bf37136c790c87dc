"""The group's balances as a page shows them: company tree × bank, the age of each figure, change over days. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.utils.translation import gettext as _

STALE_AFTER = timedelta(minutes=30)
ZERO = Decimal("0.00")


@dataclass(frozen=True, kw_only=True)
class Figure:
    """What is known of one account; `book` None means unknown, which is shown as a dash and added to nothing."""

    account_id: int
    number: str
    account_name: str
    company_id: int
    bank: str
    currency: str
    is_linked: bool
    book: Decimal | None = None
    available: Decimal | None = None
    frozen: Decimal | None = None
    as_of: date | None = None
    fetched_at: datetime | None = None
    failed_at: datetime | None = None
    failure: str = ""

    def age(self, now: datetime) -> timedelta | None:
        """How old the figure is."""
        return None if self.fetched_at is None else now - self.fetched_at

    def is_stale(self, now: datetime) -> bool:
        """Older than half an hour: shown grey."""
        age = self.age(now)
        return age is not None and age > STALE_AFTER

    @property
    def has_failed(self) -> bool:
        """Whether the last fetch failed: the figure shown is the one before."""
        if self.failed_at is None:
            return False
        return self.fetched_at is None or self.failed_at > self.fetched_at


@dataclass(frozen=True)
class CompanyNode:
    """One company of the tree, in tree order."""

    id: int
    code: str
    name: str
    path: str
    depth: int


@dataclass
class Sums:
    """Sums of one currency, and how many accounts are missing from them."""

    book: Decimal = ZERO
    available: Decimal = ZERO
    known: int = 0
    unknown: int = 0

    def add(self, figure: Figure) -> None:
        """Count the figure, if there is one."""
        if figure.book is None:
            self.unknown += 1
            return
        self.known += 1
        self.book += figure.book
        self.available += figure.book if figure.available is None else figure.available


@dataclass
class CompanyRow:
    """One company with its own accounts, and the sums of itself and everything below it."""

    company: CompanyNode
    figures: list[Figure] = field(default_factory=list)
    sums: dict[str, Sums] = field(default_factory=dict)
    by_bank: dict[str, Sums] = field(default_factory=dict)

    def cells(self, banks: Sequence[str]) -> list[Sums | None]:
        """Sums by bank, in the order of the columns; None where the company has no account there."""
        return [self.by_bank.get(bank) for bank in banks]


@dataclass
class Group:
    """The whole view."""

    rows: list[CompanyRow]
    banks: list[str]
    totals: dict[str, Sums]
    bank_totals: dict[str, Sums]
    stale: int
    failed: int


def gather(
    companies: Sequence[CompanyNode],
    figures: Iterable[Figure],
    *,
    now: datetime,
    currency: str = "CNY",
) -> Group:
    """Companies in tree order with sums carried up; the matrix by bank holds `currency` only."""
    rows = {node.id: CompanyRow(node) for node in companies}
    by_path = {node.path: node.id for node in companies}
    totals: dict[str, Sums] = defaultdict(Sums)
    bank_totals: dict[str, Sums] = defaultdict(Sums)
    stale = failed = 0
    for figure in sorted(figures, key=lambda one: (one.bank, one.number)):
        own = rows.get(figure.company_id)
        if own is None:
            continue
        own.figures.append(figure)
        stale += figure.is_stale(now)
        failed += figure.has_failed
        totals[figure.currency].add(figure)
        if figure.currency == currency:
            bank_totals[figure.bank].add(figure)
        for company_id in _upwards(own.company.path, by_path):
            row = rows[company_id]
            row.sums.setdefault(figure.currency, Sums()).add(figure)
            if figure.currency == currency:
                row.by_bank.setdefault(figure.bank, Sums()).add(figure)
    shown = [row for row in rows.values() if row.sums]
    shown.sort(key=lambda row: row.company.path)
    return Group(shown, sorted(bank_totals), dict(totals), dict(bank_totals), stale, failed)


def _upwards(path: str, by_path: Mapping[str, int]) -> list[int]:
    """The company itself and those above it that the viewer serves."""
    parts = path.strip("/").split("/")
    paths = ("/" + "/".join(parts[:n]) + "/" for n in range(len(parts), 0, -1))
    return [by_path[one] for one in paths if one in by_path]


def by_day(
    told: Iterable[tuple[date, int, Decimal]], *, first: date, last: date
) -> list[tuple[date, Decimal | None]]:
    """The sum of all accounts each day; an account keeps its last told figure; None before any is known."""
    changes: dict[date, dict[int, Decimal]] = defaultdict(dict)
    for day, account_id, book in told:
        changes[day][account_id] = book
    held: dict[int, Decimal] = {}
    found: list[tuple[date, Decimal | None]] = []
    day = first
    while day <= last:
        held |= changes.get(day, {})
        found.append((day, sum(held.values(), ZERO) if held else None))
        day += timedelta(days=1)
    return found


def age_words(age: timedelta | None) -> str:
    """The age of a figure in words."""
    if age is None:
        return ""
    minutes = int(age.total_seconds() // 60)
    if minutes < 1:
        return _("刚刚")
    if minutes < 60:
        return _("%(n)s 分钟前") % {"n": minutes}
    hours = minutes // 60
    return _("%(n)s 小时前") % {"n": hours} if hours < 48 else _("%(n)s 天前") % {"n": hours // 24}
