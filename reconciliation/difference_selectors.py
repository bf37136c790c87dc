"""The lines behind the differences of outstanding items: reads of both sides. System look-ups, all of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import connection

import ledger.asof
import statements.asof
import statements.selectors
from reconciliation.brs import CLASSES, Item
from reconciliation.differences import TWIN_DAYS, Difference, Key, Line, judge

if TYPE_CHECKING:
    from ledger.models import JournalEntry
    from statements.models import StatementEntry

ALIKE_MAX = 20_000  # lines of the same amounts; where there are more, duplicates are not looked for

_ALIKE = """
    SELECT id FROM ({entries}) AS e
    WHERE amount = ANY (%(amounts)s) AND day BETWEEN %(first)s AND %(last)s {standing} LIMIT {limit:d}
"""


def differences_of(found: Mapping[int, Collection[Item]]) -> dict[int, dict[Key, Difference]]:
    """The difference of each outstanding item, by account; as many queries for five hundred accounts as for one."""
    bank = [one.id for items in found.values() for one in items if CLASSES[one.kind].is_bank]
    book = [one.id for items in found.values() for one in items if not CLASSES[one.kind].is_bank]
    lines = _lines(bank, book)
    if not lines:
        return {}
    alike = _by_account(_alike([account_id for account_id, _line in lines], lines))
    return {
        account_id: judge(of_one, alike.get(account_id, ()))
        for account_id, of_one in _by_account(lines).items()
    }


def _by_account(lines: Iterable[tuple[int, Line]]) -> dict[int, list[Line]]:
    found: dict[int, list[Line]] = {}
    for account_id, line in lines:
        found.setdefault(account_id, []).append(line)
    return found


def _lines(bank_ids: Collection[int], book_ids: Collection[int]) -> list[tuple[int, Line]]:
    bank = statements.selectors.entries_of(bank_ids) if bank_ids else []
    book = ledger.asof.entries_of(book_ids) if book_ids else []
    return [(row.account_id, _bank(row)) for row in bank] + [
        (row.account_id, _book(row)) for row in book
    ]


def _alike(account_ids: Iterable[int], lines: list[tuple[int, Line]]) -> list[tuple[int, Line]]:
    """Every line of these accounts, matched or not, with one of these lines' amounts about their days; none where they are too many."""
    days = [line.day for _account_id, line in lines]
    values: dict[str, Any] = {
        "amounts": list({line.amount for _account_id, line in lines}),
        "first": min(days) - timedelta(days=TWIN_DAYS),
        "last": max(days) + timedelta(days=TWIN_DAYS),
    }
    accounts = sorted(set(account_ids))
    found: list[list[int]] = []
    with connection.cursor() as cursor:
        for entries, standing in (
            (statements.asof.entries_sql(accounts), ""),
            (ledger.asof.entries_sql(accounts), "AND undone_on IS NULL"),
        ):
            sql = _ALIKE.format(entries=entries, standing=standing, limit=ALIKE_MAX + 1)
            cursor.execute(sql, values)
            found.append([pk for (pk,) in cursor.fetchall()])
    if any(len(ids) > ALIKE_MAX for ids in found):
        return []
    return _lines(*found)


def _bank(row: StatementEntry) -> Line:
    return Line(
        is_bank=True,
        id=row.pk,
        day=row.bank_date,
        is_outgo=row.direction == "debit",
        amount=row.amount,
        account=row.counterparty_account,
        name=row.counterparty_name,
        text=" ".join(filter(None, (row.narrative, row.purpose))),
        references=(row.reference,),
        serial=row.bank_serial,
        document=row.bank_serial,
    )


def _book(row: JournalEntry) -> Line:
    return Line(
        is_bank=False,
        id=row.pk,
        day=row.day,
        is_outgo=row.direction == "credit",
        amount=row.amount,
        account=row.counterparty_account,
        name=row.counterparty_name,
        text=row.description,
        references=(row.reference, row.bill_no),
        document="-".join(filter(None, (row.voucher_type, row.voucher_no))),
    )
