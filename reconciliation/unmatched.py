"""What the matching desk shows: lines no live match holds, both sides, and what changed since somebody looked."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Exists, F, Max, OuterRef, QuerySet

import ledger.selectors
import masterdata.selectors as masterdata
import statements.selectors
from kernel.scope import Scope
from reconciliation import selectors
from reconciliation.models import Act, EndedLine, MatchedAccount, MatchLine, Proposal

if TYPE_CHECKING:
    from masterdata.models import OwnAccount

LINES_MAX = 20_000  # a side; beyond it the desk asks for a shorter span of days
TAKEN_MAX = 2_000  # beyond it a desk reads its lines anew


@dataclass(frozen=True)
class Span:
    """Days of either side, both ends included; without an end, all."""

    first: date | None = None
    last: date | None = None


@dataclass(frozen=True)
class Desk:
    """Open lines of both sides as the desk draws them, and the newest act they already reflect."""

    act_id: int
    bank: list[list[Any]]
    book: list[list[Any]]
    is_cut: bool  # more than LINES_MAX on a side: the oldest are there


BANK_COLUMNS = ("pk", "bank_date", "direction", "amount", "counterparty_name", "counterparty_account",
                "narrative", "reference", "bank_serial", "purpose")  # fmt: skip
BOOK_COLUMNS = ("pk", "day", "direction", "amount", "counterparty_name", "counterparty_account",
                "description", "reference", "bill_no", "voucher_type", "voucher_no", "voucher_line__voucher_id")  # fmt: skip


def open_entries(account_id: int) -> QuerySet[Any]:
    """Statement entries in force that no live match holds. System look-up: the caller scoped the account."""
    held = MatchLine.objects.filter(account_id=account_id, bank_id=OuterRef("pk"))
    return statements.selectors.standing_entries(account_id).filter(~Exists(held))


def open_journal(account_id: int) -> QuerySet[Any]:
    """Journal entries that stand and no live match holds. System look-up: the caller scoped the account."""
    held = MatchLine.objects.filter(account_id=account_id, book_id=OuterRef("pk"))
    return ledger.selectors.standing_journal(account_id).filter(~Exists(held))


def desk_lines(account_id: int, span: Span, *, scope: Scope) -> Desk:
    """The open lines of an account, oldest first. Raises NotFound."""
    selectors.demand(account_id, scope=scope, right=selectors.VIEW)
    act_id = newest_act(account_id)  # read first: what happens meanwhile is told as news
    bank = _within(open_entries(account_id), "bank_date", span)
    book = _within(open_journal(account_id), "day", span)
    sides = [
        [_plain(row, is_bank) for row in rows.values_list(*columns)[: LINES_MAX + 1]]
        for rows, columns, is_bank in ((bank, BANK_COLUMNS, True), (book, BOOK_COLUMNS, False))
    ]
    return Desk(
        act_id,
        sides[0][:LINES_MAX],
        sides[1][:LINES_MAX],
        any(len(side) > LINES_MAX for side in sides),
    )


def _within(rows: QuerySet[Any], column: str, span: Span) -> QuerySet[Any]:
    if span.first:
        rows = rows.filter(**{f"{column}__gte": span.first})
    if span.last:
        rows = rows.filter(**{f"{column}__lte": span.last})
    return rows.order_by(column, "pk")


def _plain(row: Sequence[Any], is_bank: bool) -> list[Any]:
    """One line for the browser: id, day, 1 for money in, amount, party, its account, text, our reference, number, voucher id."""
    pk, day, direction, amount, name, account, text, reference, number, *more = row
    shared = [
        pk,
        day.isoformat(),
        int(direction == ("credit" if is_bank else "debit")),
        f"{amount:.2f}",
    ]
    if is_bank:
        (purpose,) = more
        words = " ".join(part for part in (text, purpose) if part)
        return [*shared, name, account, words, reference, number, 0]
    voucher_type, voucher_no, voucher_id = more
    voucher = "-".join(part for part in (voucher_type, voucher_no) if part)
    return [
        *shared,
        name,
        account,
        text,
        reference,
        " ".join(filter(None, (voucher, number))),
        voucher_id or 0,
    ]


# --- news -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class News:
    """What others did since an act: lines that are matched now, by whom; or that all is to be read anew."""

    act_id: int
    bank: list[int]
    book: list[int]
    by: list[str]
    is_anew: bool


def newest_act(account_id: int) -> int:
    """The account's newest act; 0 for none. System look-up: the caller scoped the account."""
    return int(Act.objects.filter(account_id=account_id).aggregate(newest=Max("pk"))["newest"] or 0)


def news(account_id: int, *, since: int, scope: Scope) -> News:
    """What happened on the account after the act `since`. Raises NotFound."""
    selectors.demand(account_id, scope=scope, right=selectors.VIEW)
    acts = list(
        Act.objects.filter(account_id=account_id, pk__gt=since)
        .order_by("pk")
        .values_list("pk", "kind", "actor_name")
    )
    if not acts:
        return News(since, [], [], [], False)
    ids = [pk for pk, _, _ in acts]
    taken = list(
        MatchLine.objects.filter(account_id=account_id, act_id__in=ids).values_list(
            "bank_id", "book_id"
        )[: TAKEN_MAX + 1]
    )
    freed = EndedLine.objects.filter(account_id=account_id, ended_act_id__in=ids).exists()
    is_run = any(kind == Act.Kind.RUN for _, kind, _ in acts)  # new lines came with it
    return News(
        ids[-1],
        sorted({bank for bank, _ in taken if bank is not None}),
        sorted({book for _, book in taken if book is not None}),
        sorted({name for _, _, name in acts if name}),
        freed or is_run or len(taken) > TAKEN_MAX,
    )


# --- accounts ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class AccountDesk:
    """One account of the list: how much of either side is open, and what is asked."""

    account: OwnAccount
    bank_count: int
    book_count: int
    proposals: int
    run: MatchedAccount | None


def desks(scope: Scope) -> list[AccountDesk]:
    """The viewer's accounts with open lines counted, the busiest first."""
    accounts = {
        row.pk: row
        for row in masterdata.visible_accounts(scope).filter(
            company_id__in=scope.companies_with(selectors.VIEW)
        )
    }
    counted = {
        row["account_id"]: row
        for row in MatchLine.objects.filter(account_id__in=accounts)
        .values("account_id")
        .annotate(bank=Count("bank_id"), book=Count("book_id"))
    }
    entries = statements.selectors.count_standing(accounts)
    journal = ledger.selectors.count_standing(accounts)
    asked = dict(
        Proposal.objects.filter(account_id__in=accounts)
        .values_list("account_id")
        .annotate(many=Count(F("pk")))
    )
    runs = MatchedAccount.objects.in_bulk(accounts)
    nothing = {"bank": 0, "book": 0}
    found = [
        AccountDesk(
            account,
            entries.get(pk, 0) - counted.get(pk, nothing)["bank"],
            journal.get(pk, 0) - counted.get(pk, nothing)["book"],
            asked.get(pk, 0),
            runs.get(pk),
        )
        for pk, account in accounts.items()
    ]
    return sorted(found, key=lambda one: (-(one.bank_count + one.book_count), one.account.number))


def waiting_changes(account_ids: Collection[int], *, scope: Scope) -> list[Any]:
    """What waits for a second person: matches by hand and the ending of such, oldest first."""
    rows = masterdata.visible_changes(scope).filter(kind__in=selectors.TWO_PEOPLE, state="proposed")
    wanted = set(account_ids)
    return [row for row in reversed(rows) if int(row.after["account_id"]) in wanted]
