"""Computing a run once more from the lines as they were, to see that its matches are the rules' and nobody's else."""

from __future__ import annotations

import json
from datetime import date

from django.db import connection

import masterdata.selectors as masterdata
import statements.selectors
from kernel.errors import InvalidInput
from kernel.scope import Scope
from reconciliation import selectors
from reconciliation.database import AccountSource, Moment, database_uri
from reconciliation.engine import leave_frozen, match
from reconciliation.models import Act, EndedLine, MatchLine
from reconciliation.rules.board import Board
from reconciliation.strategy import Strategy

Found = set[tuple[str, tuple[int, ...], tuple[int, ...]]]
FOUND = """
    SELECT rung::VARCHAR, [x.id], [y.id] FROM pair JOIN line AS x ON x.rowid = b JOIN line AS y ON y.rowid = k
    UNION ALL
    SELECT any_value(rung)::VARCHAR, list(id ORDER BY id) FILTER (bank), list(id ORDER BY id) FILTER (NOT bank)
    FROM member JOIN grp USING (g) JOIN line ON line.rowid = member.n GROUP BY g
"""


def differences(*, act_id: int, scope: Scope) -> tuple[Found, Found]:
    """(matches the run has that the rules do not give, matches the rules give that it lacks); both empty when all is well.

    Raises NotFound, InvalidInput (not a run).
    """
    act = selectors.get_act(act_id, scope=scope)
    if act.kind != Act.Kind.RUN:
        raise InvalidInput("只能复核自动勾对", "only a run can be computed again")
    kept = _kept(act)
    found = _computed(act)
    return kept - found, found - kept


def _kept(act: Act) -> Found:
    live = MatchLine.objects.filter(account_id=act.account_id, act_id=act.pk)
    ended = EndedLine.objects.filter(account_id=act.account_id, act_id=act.pk)
    return {
        (one.rung, one.bank_ids, one.book_ids)
        for lines in (live, ended)
        for one in selectors.matches_of(lines)
    }


def _computed(act: Act) -> Found:
    """What the same lines give under the strategy of the run."""
    strategy = Strategy.from_json(json.dumps(act.strategy["settings"]))
    moment = Moment(act.pk, act.last_entry_id, act.last_journal_id)
    source = AccountSource(
        database_uri(connection.settings_dict),
        account_id=act.account_id,
        currency=act.account.currency,
        view=moment,
    )
    with Board(strategy, ids="BIGINT") as board:
        match(board, source, calendar=masterdata.calendar(), is_narrow=True)
        if until := act.strategy.get("closed_until"):
            day = date.fromisoformat(until)
            later = statements.selectors.ids_valued_before(act.account_id, day)
            leave_frozen(board, day, later=later)
        return {
            (rung, tuple(bank or ()), tuple(book or ())) for rung, bank, book in board.rows(FOUND)
        }
