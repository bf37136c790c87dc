"""Outstanding items and balances of one account at the end of a day, as known at a moment. Reads only.

A line is outstanding at the end of a day when the other side had not recorded it by then: no match holds it, or the match
holds a line of a later day, or one that is no longer there. Lines older than the book's opening are settled before it unless
a person named them as opening items.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.db.models import Max, Min

import ledger.asof
import statements.asof
import statements.selectors
from kernel import clock
from kernel.errors import Conflict, InvalidInput
from reconciliation.brs import CLASSES, Item, Sheet, class_of
from reconciliation.models import Act, OpeningItems, OutstandingItem

if TYPE_CHECKING:
    from masterdata.models import OwnAccount

OPENING_DAYS = 92
ITEMS_MAX = 5_000  # items one statement lists; more wait for the matching desk
BANK, BOOK = OutstandingItem.Side.BANK, OutstandingItem.Side.BOOK


@dataclass(frozen=True)
class Known:
    """What was there at a moment: no line and no act of matching beyond these ids."""

    at: datetime
    entry_id: int
    journal_id: int
    act_id: int  # the first one that was not there yet


def known_at(account_id: int, at: datetime) -> Known:
    """What of the account was known at a moment. System look-up."""
    later = Act.objects.filter(account_id=account_id, at__gt=at).aggregate(first=Min("pk"))["first"]
    newest = Act.objects.filter(account_id=account_id).aggregate(last=Max("pk"))["last"] or 0
    return Known(
        at,
        statements.asof.newest_entry(account_id, at),
        ledger.asof.newest_entry(account_id, at),
        int(later or newest + 1),
    )


# Matches live at the moment; those that hold a line of a later day, or one no longer in force, settle nothing yet.
_OPEN = """
    WITH bank AS MATERIALIZED ({bank}), book AS MATERIALIZED ({book}),
    kept AS (SELECT * FROM unnest(%(accounts)s::bigint[], %(starts)s::date[]) AS told(account_id, start)),
    held AS MATERIALIZED (
        SELECT m.account_id, m.match_no, m.bank_id, m.book_id FROM (
            SELECT account_id, match_no, bank_id, book_id FROM reconciliation_matchline
                WHERE account_id = ANY (%(accounts)s) AND act_id < %(act)s
            UNION SELECT account_id, match_no, bank_id, book_id FROM reconciliation_endedline
                WHERE account_id = ANY (%(accounts)s) AND act_id < %(act)s) AS m
        WHERE NOT EXISTS (SELECT 1 FROM reconciliation_endedline AS gone
            WHERE gone.account_id = m.account_id AND gone.match_no = m.match_no AND gone.ended_act_id < %(act)s
              AND (gone.revived_act_id IS NULL OR gone.revived_act_id >= %(act)s))),
    open_match AS (
        SELECT held.account_id, match_no FROM held LEFT JOIN bank ON bank.id = held.bank_id
            WHERE held.bank_id IS NOT NULL AND (bank.id IS NULL OR bank.day > %(day)s)
        UNION SELECT held.account_id, match_no FROM held LEFT JOIN book ON book.id = held.book_id
            WHERE held.book_id IS NOT NULL AND (book.id IS NULL OR book.day > %(day)s OR book.undone_on <= %(day)s)),
    settled AS (SELECT * FROM held WHERE (account_id, match_no) NOT IN (SELECT account_id, match_no FROM open_match)),
    told AS (
        SELECT 'bank' AS side, account_id, id, day FROM bank JOIN kept USING (account_id)
            WHERE day <= %(day)s AND (day >= start OR id = ANY (%(bank_items)s))
            AND NOT EXISTS (SELECT 1 FROM settled WHERE settled.bank_id = bank.id)
        UNION ALL
        SELECT 'book', account_id, id, day FROM book JOIN kept USING (account_id)
            WHERE day <= %(day)s AND (day >= start OR id = ANY (%(book_items)s))
            AND (undone_on IS NULL OR undone_on > %(day)s)
            AND NOT EXISTS (SELECT 1 FROM settled WHERE settled.book_id = book.id))
    SELECT account_id, side, id FROM (
        SELECT *, row_number() OVER (PARTITION BY account_id ORDER BY day, side, id) AS place FROM told) AS numbered
    WHERE place <= %(limit)s ORDER BY account_id, place
"""


@dataclass
class OpenLines:
    """Ids of one account's outstanding lines of both sides; cut where there are more than were asked for."""

    bank: list[int] = field(default_factory=list)
    book: list[int] = field(default_factory=list)
    is_cut: bool = False


def open_lines(
    starts: Mapping[int, date | None],
    day: date,
    known: Known,
    *,
    openings: Collection[OpeningItems] = (),
    limit: int = ITEMS_MAX,
) -> dict[int, OpenLines]:
    """The lines of both sides that are outstanding at the end of `day`, by account; `starts` tells from which day its book is."""
    if not starts:
        return {}
    sql = _OPEN.format(
        bank=statements.asof.entries_sql(starts, until=known.entry_id),
        book=ledger.asof.entries_sql(starts, until=known.journal_id),
    )
    values: dict[str, Any] = {
        "accounts": list(starts), "starts": [one or date.min for one in starts.values()],
        "act": known.act_id, "day": day, "limit": limit + 1,
        "bank_items": [pk for one in openings for pk in one.bank_ids],
        "book_items": [pk for one in openings for pk in one.book_ids],
    }  # fmt: skip
    found = {account_id: OpenLines() for account_id in starts}
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        for account_id, side, pk in cursor.fetchall():
            lines = found[account_id]
            (lines.bank if side == BANK else lines.book).append(pk)
    for lines in found.values():
        lines.is_cut = len(lines.bank) + len(lines.book) > limit
    return found


def _lines_of(
    account_id: int, day: date, known: Known, *, start: date | None, opening: OpeningItems | None
) -> tuple[list[int], list[int]]:
    """One account's outstanding lines. Raises Conflict where they are too many to list."""
    named = [] if opening is None else [opening]
    lines = open_lines({account_id: start}, day, known, openings=named)[account_id]
    if lines.is_cut:
        raise Conflict(
            f"未达账项超过 {ITEMS_MAX:,} 笔，请先勾对",
            f"more than {ITEMS_MAX:,} outstanding items: match them first",
            code="too_many_items",
        )
    return lines.bank, lines.book


def opening_items(account_id: int, at: datetime) -> OpeningItems | None:
    """The opening items as named at a moment. System look-up."""
    rows = OpeningItems.objects.filter(account_id=account_id, made_at__lte=at)
    return rows.order_by("-number").first()


def before_opening(account_id: int, opening_day: date, known: Known) -> tuple[list[int], list[int]]:
    """Unmatched lines of the quarter before the book's opening: what a person may name as opening items. System look-up."""
    last = opening_day - timedelta(days=1)
    first = opening_day - timedelta(days=OPENING_DAYS)
    return _lines_of(account_id, last, known, start=first, opening=None)


def words_for(
    account_ids: Collection[int], side: str, ids: Collection[int], at: datetime
) -> dict[int, OutstandingItem]:
    """What people said of these lines up to a moment, the newest word of each. System look-up."""
    rows = OutstandingItem.objects.filter(
        account_id__in=list(account_ids), side=side, line_id__in=list(ids), made_at__lte=at
    ).select_related("owner")
    return {row.line_id: row for row in rows.order_by("line_id", "number")}


def sheet(account: OwnAccount, day: date, known: Known) -> Sheet:
    """The account's statement at the end of `day`, as known then. The caller was allowed to see the account.

    Raises InvalidInput (a day that was not over at that moment), Conflict (too many items).
    """
    if day > known.at.astimezone(clock.SHANGHAI).date():
        raise InvalidInput("截止日期不能晚于今天", "the day is not over yet", field="day")
    opening = ledger.asof.opening_at(account.pk, known.at)
    start = None if opening is None else opening.day
    named = opening_items(account.pk, known.at)
    bank_ids, book_ids = _lines_of(account.pk, day, known, start=start, opening=named)
    balance, source = statements.asof.bank_balance(
        account.pk, day, at=known.at, until=known.entry_id
    )
    return Sheet(
        company=account.company.name,
        company_code=account.company.code,
        bank=account.bank.name,
        branch=account.branch_name,
        number=account.number,
        name=account.name,
        currency=account.currency,
        day=day,
        known_at=known.at.astimezone(clock.SHANGHAI),
        kept_from=start,
        book=ledger.asof.book_balance(opening, day, until=known.journal_id),
        balance=balance,
        balance_source=source,
        items=(
            *_bank_items(account.pk, bank_ids, known.at),
            *_book_items(account.pk, book_ids, known.at),
        ),
    )


def _said(row: OutstandingItem | None) -> dict[str, str]:
    """Owner, reason and next step, where anybody said a word."""
    if row is None:
        return {}
    owner = "" if row.owner is None else row.owner.display_name
    return {"reason": row.reason, "owner": owner, "next_step": row.next_step}


def _bank_items(account_id: int, ids: list[int], at: datetime) -> list[Item]:
    return [item for _, item in _items([account_id], ids, [], at)]


def _book_items(account_id: int, ids: list[int], at: datetime) -> list[Item]:
    return [item for _, item in _items([account_id], [], ids, at)]


def _items(
    account_ids: Collection[int], bank_ids: list[int], book_ids: list[int], at: datetime
) -> list[tuple[int, Item]]:
    """(account id, item) of these lines with what was said of them, the bank's first, each side by day."""
    said = words_for(account_ids, BANK, bank_ids, at)
    bank = sorted(
        statements.selectors.entries_of(bank_ids), key=lambda one: (one.bank_date, one.pk)
    )
    found = [(row.account_id, _item(row, is_bank=True, said=said)) for row in bank]
    said = words_for(account_ids, BOOK, book_ids, at)
    book = ledger.asof.entries_of(book_ids)
    return found + [(row.account_id, _item(row, is_bank=False, said=said)) for row in book]


def item_of(account_id: int, side: str, line_id: int) -> Item | None:
    """One line of the account as an item, outstanding or not. System look-up: the caller scoped the account."""
    bank, book = ([line_id], []) if side == BANK else ([], [line_id])
    found = _items([account_id], bank, book, clock.now())
    return next((item for of_account, item in found if of_account == account_id), None)


def items_of(kept_from: Mapping[int, date], day: date) -> tuple[dict[int, list[Item]], set[int]]:
    """What is outstanding at the end of `day` as known now, by account; and the accounts that have too many to list.

    As many queries for five hundred accounts as for one. System look-up: the caller scoped the accounts.
    """
    now = Known(clock.now(), statements.asof.NOW, ledger.asof.NOW, ledger.asof.NOW)
    newest = OpeningItems.objects.filter(account_id__in=list(kept_from)).order_by(
        "account_id", "-number"
    )
    lines = open_lines(kept_from, day, now, openings=list(newest.distinct("account_id")))
    crowded = {account_id for account_id, one in lines.items() if one.is_cut}
    listed = [one for account_id, one in lines.items() if account_id not in crowded]
    bank, book = (
        [pk for one in listed for pk in one.bank],
        [pk for one in listed for pk in one.book],
    )
    found: dict[int, list[Item]] = {}
    for account_id, item in _items(kept_from, bank, book, now.at):
        found.setdefault(account_id, []).append(item)
    return found, crowded


def _item(row: Any, *, is_bank: bool, said: dict[int, OutstandingItem]) -> Item:
    outgo = "debit" if is_bank else "credit"
    kind = class_of(is_bank=is_bank, is_outgo=row.direction == outgo)
    voucher = "" if is_bank else "-".join(filter(None, (row.voucher_type, row.voucher_no)))
    text = " ".join(filter(None, (row.narrative, row.purpose))) if is_bank else row.description
    return Item(
        kind=kind,
        id=row.pk,
        day=row.bank_date if is_bank else row.day,
        document=row.bank_serial if is_bank else voucher,
        party=row.counterparty_name,
        text=text,
        amount=row.amount,
        **_said(said.get(row.pk)),
    )


def kept_from(account_id: int, known: Known) -> date | None:
    """The day the account's journal is kept from, as set at the moment. System look-up."""
    opening = ledger.asof.opening_at(account_id, known.at)
    return None if opening is None else opening.day


def opening_choices(account_id: int, start: date, known: Known) -> list[dict[str, Any]]:
    """The unmatched lines older than the opening, each with whether it is an opening item now. System look-up."""
    bank_ids, book_ids = before_opening(account_id, start, known)
    named = opening_items(account_id, known.at)
    ticked = (set(named.bank_ids), set(named.book_ids)) if named else (set(), set())
    found = [
        {"side": side, "item": item, "is_ticked": item.id in chosen, "kind": CLASSES[item.kind]}
        for side, items, chosen in (
            (BANK, _bank_items(account_id, bank_ids, known.at), ticked[0]),
            (BOOK, _book_items(account_id, book_ids, known.at), ticked[1]),
        )
        for item in items
    ]
    return sorted(found, key=lambda one: one["item"].day, reverse=True)  # type: ignore[attr-defined]  # an Item
