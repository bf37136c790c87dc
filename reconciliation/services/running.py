"""The machine's matching: an account at a time, whenever new lines came in."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
from django.db import connection, transaction

import audit.services as audit
import ledger.selectors
import masterdata.selectors as masterdata
import statements.selectors
from kernel import clock
from reconciliation import selectors
from reconciliation.database import AccountSource, database_uri
from reconciliation.engine import leave_frozen, match
from reconciliation.models import Act, MatchedAccount, Watermark
from reconciliation.rules import versions
from reconciliation.rules.board import Board
from reconciliation.rules.proposals import propose
from reconciliation.services import storing
from reconciliation.services.acting import begin, lock
from reconciliation.services.stale import tell_stale
from reconciliation.topics import Matching

if TYPE_CHECKING:
    from masterdata.models import User

log = structlog.get_logger(__name__)
SETTLED_AFTER = timedelta(minutes=10)  # by then whoever had taken a number has committed or gone

_BY_RUNG = """
    SELECT rung::VARCHAR, count(*) FROM (SELECT rung FROM pair UNION ALL SELECT rung FROM grp) GROUP BY rung ORDER BY rung
"""


def run_due() -> int:
    """Match every account with lines no run has seen; how many accounts that were.

    A line's number is taken before its transaction ends, so numbers are looked at again until they are old enough.
    """
    floor, _ = Watermark.objects.get_or_create(pk=1)
    entries = statements.selectors.newest_entries(floor.entry_id)
    journal = ledger.selectors.newest_journal(floor.journal_id)
    known = dict(MatchedAccount.objects.values_list("account_id", "seen"))
    count, failed = 0, 0
    for account_id in sorted({*entries, *journal}):
        told = [list(side.get(account_id, ())) for side in (entries, journal)]
        if known.get(account_id) == {"lines": told} or not ledger.selectors.has_journal(account_id):
            continue
        try:
            run(account_id=account_id, seen=told)
            count += 1
        except Exception:  # one account's trouble is not the others'
            log.exception("matching_failed", account_id=account_id)
            failed += 1
    if failed:
        return count  # looked at again from the same place: lines already matched are no work
    settled = clock.now() - SETTLED_AFTER
    Watermark.objects.filter(pk=1).update(
        entry_id=statements.selectors.newest_entry_before(settled),
        journal_id=ledger.selectors.newest_journal_before(settled),
    )
    return count


def run(*, account_id: int, seen: list[list[int]] | None = None, actor: User | None = None) -> Act:
    """Match what is unmatched on one account and propose what is left. Raises NotFound, NotAllowed.

    Matches of people are never touched; a machine's match whose line was amended or withdrawn since is ended first.
    """
    if actor is not None:
        selectors.demand(account_id, scope=masterdata.scope_of(actor), right="reconciliation.match")
    retire(account_id=account_id)
    return _match(account_id=account_id, seen=seen, actor=actor)


@transaction.atomic(durable=True)
def retire(*, account_id: int) -> Act | None:
    """End the machine's matches with a line the bank has amended or an import withdrew; people's stay, and a case names them."""
    row = lock(account_id)
    stale = tell_stale(row)
    if not stale:
        return None
    act = begin(Act.Kind.RETIRE, row, actor=None, why="流水被银行更正，或日记账导入已撤回")
    ended = storing.end_matches(account_id=account_id, act_id=act.pk, match_nos=stale)
    audit.record("reconciliation.match.retired", actor=None, subject=act, after={"matches": ended})
    return act


@transaction.atomic(durable=True)
def _match(*, account_id: int, seen: list[list[int]] | None, actor: User | None) -> Act:
    row = lock(account_id)
    account = row.account
    topic, version = masterdata.strategy(
        Matching, account.company, account.gl_subject, clock.today()
    )
    strategy = topic.strategy()
    source = AccountSource(
        database_uri(connection.settings_dict), account_id=account_id, currency=account.currency
    )
    with Board(strategy, ids="BIGINT") as board:
        match(board, source, calendar=masterdata.calendar(), is_narrow=True)
        until = selectors.closed_until(row.company_id)
        if until is not None:
            later = statements.selectors.ids_valued_before(account_id, until)
            leave_frozen(board, until, later=later)
        act = begin(
            Act.Kind.RUN,
            row,
            actor=actor,
            strategy={
                "settings": json.loads(strategy.to_json()),
                "versions": versions(),
                "closed_until": until and until.isoformat(),
            },
            strategy_version=version,
            last_entry_id=board.count("SELECT max(id) FROM line WHERE bank"),
            last_journal_id=board.count("SELECT max(id) FROM line WHERE NOT bank"),
            counts=_counts(board),
        )
        made = storing.write_matches(board, account=row, act=act, meanwhile=lambda: propose(board))
        storing.write_proposals(board, act=act)
    if seen is not None:
        row.seen = {"lines": seen}
    row.run_at = clock.now()
    row.save()
    if made:
        audit.record(
            "reconciliation.run.finished",
            actor=actor,
            subject=act,
            after={"matches": made, **act.counts},
        )
    log.info("reconciliation.run", account_id=account_id, act_id=act.pk, matches=made)
    return act


def _counts(board: Board) -> dict[str, int]:
    """Matches by rung, and the lines seen and left on each side."""
    counts: dict[str, int] = dict(board.rows(_BY_RUNG))  # type: ignore[arg-type]  # rows of two
    for is_bank, side in ((True, "bank"), (False, "book")):
        ((seen,),) = board.rows("SELECT count(*) FROM line WHERE bank = $1", [is_bank])
        ((left,),) = board.rows("SELECT count(*) FROM rest WHERE bank = $1", [is_bank])
        counts |= {f"{side}_lines": seen, f"{side}_left": left}
    return counts
