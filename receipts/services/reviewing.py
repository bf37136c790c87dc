"""Review (复核): another natural person looks at what was supplemented, and takes it or sends it back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction

from audit import services as audit
from kernel import clock
from kernel.errors import DomainError, InvalidInput, NotAllowed
from masterdata import selectors as masterdata
from masterdata.checks import normalise_name
from masterdata.services.payees import demand_other_person
from receipts import selectors
from receipts.models import ArrivalNotice, PayerKey, Supplement
from receipts.services import booking

if TYPE_CHECKING:
    from kernel.scope import Scope
    from masterdata.models import User

RIGHT = "receipts.review"
SOURCES = 20  # notices a mark remembers it was learned from
_MOVES = {
    Supplement.Kind.BUSINESS: "approve",
    Supplement.Kind.SUSPENSE: "suspend",
    Supplement.Kind.NON_BUSINESS: "set_aside",
}


def _locked(notice_id: int, version: int, actor: User, scope: Scope) -> ArrivalNotice:
    notice = selectors.lock_notice(notice_id, scope=scope)
    scope.demand(RIGHT, notice.company_id)
    notice.require_version(version)
    demand_other_person(notice.supplementer, actor)
    said = notice.supplement
    if said is not None and masterdata.lent_between(said.made_by, actor, at=said.made_at):
        raise NotAllowed(
            "您与补录人之间有代理关系，须由第三人复核",
            "one of you acted for the other: a third person reviews",
            code="same_person",
        )
    return notice


@transaction.atomic(durable=True)
def approve(*, notice_id: int, version: int, actor: User, note: str = "") -> ArrivalNotice:
    """Take a supplement: the receipt may be booked, is booked in suspense, or is none.

    Raises NotFound, NotAllowed (right missing, the supplementer's own person), StaleVersion, Conflict, InvalidInput.
    """
    return _approve(notice_id, version, actor, note)


def _approve(notice_id: int, version: int, actor: User, note: str) -> ArrivalNotice:
    notice = _locked(notice_id, version, actor, masterdata.scope_of(actor))
    before = str(notice.state)
    said = notice.supplement
    kind = Supplement.Kind(said.kind) if said is not None else Supplement.Kind.BUSINESS
    notice.move(_MOVES[kind])
    notice.reviewer, notice.reviewed_at = actor, clock.now()
    if kind == Supplement.Kind.SUSPENSE:
        booking.book_suspense(notice, actor=actor)
    notice.save_changes()
    if kind == Supplement.Kind.BUSINESS:
        _learn(notice, actor)
    audit.record(
        "receipts.notice.approved",
        actor=actor,
        subject=notice,
        before={"state": before},
        after={"state": str(notice.state), "supplement": said.number if said else None},
        why=note.strip()[:200],
    )
    return notice


def _learn(notice: ArrivalNotice, actor: User) -> None:
    """Two people agree whose money it was: the payer's account is remembered, or the name of who pays for the customer.

    A payer under another name is only proposed next time, until a proof of that is on file.
    """
    customer = notice.customer
    if customer is None:
        return
    credit = selectors.credit_of(notice)
    is_own_name = credit.name_key == normalise_name(customer.name)
    kind = PayerKey.Kind.ACCOUNT if is_own_name else PayerKey.Kind.NAME
    value = credit.account_key if is_own_name else credit.name_key
    if not value:
        return
    row, is_new = PayerKey.objects.get_or_create(
        kind=kind,
        value=value[:200],
        customer=customer,
        defaults={"made_by": actor, "sources": [notice.notice_no]},
    )
    if not is_new:
        row.hits += 1
        row.last_used_at = clock.now()
        others = [one for one in row.sources if one != notice.notice_no]
        row.sources = [notice.notice_no, *others][:SOURCES]
        row.save(update_fields=["hits", "last_used_at", "sources"])


@transaction.atomic(durable=True)
def reject(*, notice_id: int, version: int, actor: User, why: str) -> ArrivalNotice:
    """Send a supplement back with a reason; whoever takes it up says it anew.

    Raises NotFound, NotAllowed, StaleVersion, Conflict, InvalidInput (no reason).
    """
    if not why.strip():
        raise InvalidInput("退回时请填写原因", "a rejection wants a reason", field="why")
    notice = _locked(notice_id, version, actor, masterdata.scope_of(actor))
    before = str(notice.state)
    notice.move("reject")
    notice.reviewer, notice.reviewed_at, notice.why = actor, clock.now(), why.strip()[:200]
    notice.claimed_by, notice.claimed_at = None, None
    notice.save_changes()
    audit.record(
        "receipts.notice.rejected",
        actor=actor,
        subject=notice,
        before={"state": before},
        after={"state": str(notice.state)},
        why=notice.why,
    )
    return notice


@dataclass(frozen=True)
class Reviewed:
    """What became of many: how many were taken, and who was refused with what reason."""

    approved: int
    refused: Sequence[tuple[int, DomainError]]


def approve_many(*, items: Sequence[tuple[int, int]], actor: User) -> Reviewed:
    """Take many supplements, each on its own: (notice id, the version seen)."""
    done, refused = 0, []
    for notice_id, version in items:
        try:
            approve(notice_id=notice_id, version=version, actor=actor)
            done += 1
        except DomainError as error:
            refused.append((notice_id, error))
    return Reviewed(done, refused)
