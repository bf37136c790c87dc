"""What one person may not do alone: matching above the strategy's limit by hand, and ending such a match.

One proposes with a reason, another natural person decides; everything is looked at again then.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.db import transaction

import masterdata.selectors as masterdata
from kernel import seal
from kernel.errors import InvalidInput
from masterdata.services import changes
from reconciliation import selectors
from reconciliation.selectors import CONFIRM_KIND, SPLIT_KIND, TWO_PEOPLE, UNDO_KIND
from reconciliation.services import matching
from reconciliation.services.acting import lock
from reconciliation.services.matching import Part

if TYPE_CHECKING:
    from masterdata.models import StagedChange, User
    from reconciliation.models import Act, MatchedAccount

DECIDE = "reconciliation.decide"


@transaction.atomic(durable=True)
def ask(*, account_id: int, part: Part, actor: User, why: str) -> StagedChange:
    """The first of two people proposes a match by hand. Right reconciliation.match.

    Raises NotFound, NotAllowed, InvalidInput (no reason, no such line, sums differ), AlreadyMatched, Conflict (locked month,
    asked already).
    """
    row = matching.open_account(account_id, actor)
    lines = matching.checked(row, part)
    wanted = _plain(part)
    key = f"{account_id}:{wanted['bank_ids']}:{wanted['book_ids']}"
    subject = f"{account_id}:{seal.digest(key.encode())[:32]}"
    title = f"人工勾对 {row.account.number} {lines.amount:,}"
    return _stage(CONFIRM_KIND, row, subject, title, wanted, actor=actor, why=why)


@transaction.atomic(durable=True)
def ask_undo(*, act_id: int, actor: User, why: str) -> StagedChange:
    """The first of two people proposes to undo an act. Right reconciliation.match; raises as `matching.undo`, and InvalidInput."""
    done = selectors.get_act(act_id, scope=masterdata.scope_of(actor))
    row = matching.open_account(done.account_id, actor)
    matching.require_undoable(row, done)
    amounts = [one.amount for one in matching.undone_by_hand(done)]
    title = f"撤销人工勾对 {row.account.number}" + (f" {sum(amounts):,}" if amounts else "")
    wanted = {"act_id": act_id}
    return _stage(UNDO_KIND, row, f"{act_id}", title, wanted, actor=actor, why=why)


@transaction.atomic(durable=True)
def ask_split(
    *, account_id: int, match_no: int, parts: Sequence[Part], actor: User, why: str
) -> StagedChange:
    """The first of two people proposes to take a match apart. Right reconciliation.match; raises as `matching.split`."""
    selectors.require_match(account_id, match_no, scope=masterdata.scope_of(actor))
    row = matching.open_account(account_id, actor)
    match = matching.splittable(row, match_no, parts)
    bank, book = selectors.lines_of(match)
    lines = matching.Lines(list(bank), list(book))
    wanted = {"match_no": match_no, "parts": [_plain(part) for part in parts]}
    title = f"解除勾对 {row.account.number} 第 {match_no} 组 {lines.amount:,}"
    subject = f"{account_id}:{match_no}"
    return _stage(SPLIT_KIND, row, subject, title, wanted, actor=actor, why=why)


@transaction.atomic(durable=True)
def decide(*, change_id: int, accept: bool, actor: User, why: str = "") -> Act | None:
    """The second person agrees, or refuses. Right reconciliation.decide.

    Raises NotFound, NotAllowed (the same natural person), AlreadyMatched, Conflict (decided already, locked month, gone since).
    """
    change = changes.settle(
        change_id, kinds=TWO_PEOPLE, right=DECIDE, accept=accept, actor=actor, why=why
    )
    if not accept:
        return None
    told = change.after
    row = lock(int(told["account_id"]))
    asked = f"{told['why']}（{change.made_by.display_name} 提出）"
    if change.kind == UNDO_KIND:
        done = selectors.get_act(int(told["act_id"]), scope=masterdata.scope_of(actor))
        matching.require_undoable(row, done)
        return matching.undo_act(row, done, actor=actor, why=asked)
    if change.kind == SPLIT_KIND:
        parts = [_part(one) for one in told["parts"]]
        match = matching.splittable(row, int(told["match_no"]), parts)
        return matching.split_match(row, match, parts, actor=actor, why=asked)
    part = _part(told)
    matching.checked(row, part)
    return matching.confirm_parts(row, [part], actor=actor, why=asked)


def _stage(
    kind: str, row: MatchedAccount, subject: str, title: str, wanted: dict[str, Any], *, actor: User, why: str
) -> StagedChange:  # fmt: skip
    if not why.strip():
        raise InvalidInput("请填写理由", "a reason is wanted", field="why")
    return changes.stage(
        kind,
        subject_id=subject,
        company_id=row.company_id,
        title=f"{title}：{why.strip()}",
        before={},
        after={"account_id": row.pk, **wanted, "why": why.strip()},
        actor=actor,
    )


def _plain(part: Part) -> dict[str, list[int]]:
    return {"bank_ids": sorted(part.bank_ids), "book_ids": sorted(part.book_ids)}


def _part(told: dict[str, Any]) -> Part:
    return Part(tuple(told["bank_ids"]), tuple(told["book_ids"]))
