"""What the book pages show: an account's month with its balances, the accounts of the viewer with theirs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db.models import Max

from kernel import clock
from kernel.scope import Scope
from ledger import selectors
from ledger.journal import BookLine, Posting, Sums, book, gaps, sums_of
from ledger.models import JournalEntry, JournalOpening, Voucher, VoucherLine
from ledger.rules import ZERO, month_ends, period_of
from masterdata import selectors as masterdata

if TYPE_CHECKING:
    from masterdata.models import OwnAccount

LINES_MAX = 5_000  # entries of a month one page shows; more are exported

_COLUMNS = (
    "id", "day", "direction", "amount", "is_red", "voucher_type", "voucher_no", "description", "settlement_method",
    "bill_no", "opposite_subject", "counterparty_name", "voucher_line__voucher_id",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class MonthBook:
    """One account's month as the book shows it."""

    account: OwnAccount
    month: str
    opening: Decimal | None
    lines: Sequence[BookLine]
    sums: Sums
    closing: Decimal | None
    count: int
    gaps: dict[str, list[str]]
    is_locked: bool
    is_cut: bool
    kept_from: JournalOpening | None

    @property
    def gap_words(self) -> str:
        """The missing numbers in one line."""
        return "；".join(f"{kind} {'、'.join(found)}" for kind, found in self.gaps.items())


def postings(account_id: int, *, first: date, last: date, limit: int) -> list[Posting]:
    """An account's entries of these days, in the order of the book. System look-up: the caller scoped the account."""
    rows = selectors.journal_between(account_id, first=first, last=last).values_list(*_COLUMNS)
    return [
        Posting(
            id=row[0],
            day=row[1],
            direction=row[2],
            amount=row[3],
            is_red=row[4],
            voucher_type=row[5],
            voucher_no=row[6],
            description=row[7],
            settlement_method=row[8],
            bill_no=row[9],
            opposite_subject=row[10],
            counterparty_name=row[11],
            voucher_id=row[12],
        )
        for row in rows[:limit]
    ]


def posted_lines(company_id: int, months: Sequence[str]) -> Iterator[VoucherLine]:
    """Entry lines of the posted vouchers of these months, in the order of their numbers. System look-up."""
    rows = VoucherLine.objects.filter(
        voucher__company_id=company_id,
        voucher__period__in=months,
        voucher__voucher_no__isnull=False,
    )
    order = ("voucher__period", "voucher__voucher_type", "voucher__voucher_no", "line_no")
    rows = rows.select_related("voucher__maker", "voucher__poster").order_by(*order)
    return rows.iterator(chunk_size=2_000)


def reversed_lately(since: datetime) -> list[int]:
    """Ids of vouchers whose red voucher was posted since. System look-up of what rests on them."""
    reds = Voucher.objects.filter(reverses__isnull=False, posted_at__gte=since)
    return list(reds.values_list("reverses_id", flat=True))


def month_book(account: OwnAccount, month: str, *, limit: int = LINES_MAX) -> MonthBook:
    """The account's month. The caller was allowed to see the account. Raises InvalidInput for what is no month."""
    first, last = month_ends(month)
    found = postings(account.pk, first=first, last=last, limit=limit + 1)
    shown = found[:limit]
    opening = selectors.journal_balance(account.pk, before=first)
    kept_from = selectors.opening_in_force(account.pk)
    if opening is None and kept_from is not None and first <= kept_from.day <= last:
        opening = Decimal(kept_from.balance)  # the book begins within this month
        shown = [one for one in shown if one.day >= kept_from.day]
    sums = sums_of(shown)
    locked = selectors.locked_months([account.company_id])
    return MonthBook(
        account=account,
        month=month,
        opening=opening,
        lines=list(book(shown, opening=opening)),
        sums=sums,
        closing=None if opening is None else opening + sums.net,
        count=len(shown),
        gaps=gaps(selectors.month_numbers(account.company_id, month)),
        is_locked=(account.company_id, month) in locked,
        is_cut=len(found) > limit,
        kept_from=kept_from,
    )


@dataclass(frozen=True, kw_only=True)
class AccountBook:
    """One account of the viewer's as the list of books shows it."""

    account: OwnAccount
    balance: Decimal | None
    last_day: date | None
    kept_from: date | None


def account_books(scope: Scope) -> list[AccountBook]:
    """Every account whose book the viewer may see, with its book balance as of now; None where none was set."""
    allowed = scope.companies_with(selectors.VIEW)
    accounts = [
        one
        for one in masterdata.visible_accounts(scope).select_related("company", "bank")
        if one.company_id in allowed and one.is_active
    ]
    ids = [one.pk for one in accounts]
    openings = selectors.openings(ids)
    moved = selectors.moved_since_opening(ids)
    newest = dict(
        JournalEntry.objects.filter(account_id__in=ids)
        .values_list("account_id")
        .annotate(Max("day"))
    )
    return [
        AccountBook(
            account=one,
            balance=None
            if one.pk not in openings
            else Decimal(openings[one.pk].balance) + moved.get(one.pk, ZERO),
            last_day=newest.get(one.pk),
            kept_from=openings[one.pk].day if one.pk in openings else None,
        )
        for one in accounts
    ]


def month_of(text: str) -> str:
    """The month asked for, or the present one."""
    return text.strip()[:7] or period_of(clock.today())


def neighbours(month: str) -> tuple[str, str]:
    """The months before and after."""
    first, last = month_ends(month)
    return period_of(date.fromordinal(first.toordinal() - 1)), period_of(
        date.fromordinal(last.toordinal() + 1)
    )
