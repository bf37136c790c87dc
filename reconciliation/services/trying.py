"""A dry run: what other rules or tolerances would have matched on past days, beside what is matched. Writes nothing."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date

from django.db import connection

import masterdata.selectors as masterdata
from kernel.errors import InvalidInput
from kernel.scope import Scope
from reconciliation import selectors
from reconciliation.database import AccountSource, Trial, database_uri
from reconciliation.engine import match
from reconciliation.models import Act, MatchLine
from reconciliation.rules.board import Board
from reconciliation.services.verifying import FOUND, Found
from reconciliation.strategy import Strategy

DAYS_MAX = 400


@dataclass(frozen=True)
class Outcome:
    """Matches by rung as they would be and as they are, and which ones differ."""

    would_be: dict[str, int]
    are: dict[str, int]
    gained: Found
    lost: Found


def dry_run(
    *, account_id: int, first: date, last: date, strategy: Strategy, scope: Scope
) -> Outcome:
    """Match the lines of these days anew under `strategy`, as if the machine had not matched them; people's matches stand.

    The machine's live matches are compared where all their lines are of these days. Raises NotFound, InvalidInput.
    """
    account = selectors.demand(account_id, scope=scope, right=selectors.VIEW)
    if not first <= last or (last - first).days > DAYS_MAX:
        raise InvalidInput(
            f"试算区间应为 1 至 {DAYS_MAX} 天", f"1 to {DAYS_MAX} days are wanted", field="last"
        )
    source = AccountSource(
        database_uri(connection.settings_dict),
        account_id=account_id,
        currency=account.currency,
        view=Trial(first, last),
    )
    with Board(strategy, ids="BIGINT") as board:
        match(board, source, calendar=masterdata.calendar(), is_narrow=True)
        would_be = {
            (rung, tuple(bank or ()), tuple(book or ())) for rung, bank, book in board.rows(FOUND)
        }
        ids = {(is_bank, line) for is_bank, line in board.rows("SELECT bank, id FROM line")}
    are = {
        (one.rung, one.bank_ids, one.book_ids)
        for one in _machine_matches(account_id)
        if all((True, line) in ids for line in one.bank_ids)
        and all((False, line) in ids for line in one.book_ids)
    }
    return Outcome(_by_rung(would_be), _by_rung(are), would_be - are, are - would_be)


def _machine_matches(account_id: int) -> list[selectors.Match]:
    runs = Act.objects.filter(account_id=account_id, kind=Act.Kind.RUN).values_list("pk", flat=True)
    return selectors.matches_of(
        MatchLine.objects.filter(account_id=account_id, act_id__in=list(runs))
    )


def _by_rung(found: Found) -> dict[str, int]:
    return dict(sorted(Counter(rung for rung, _, _ in found).items()))
