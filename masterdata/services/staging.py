"""The two halves of every dual-controlled change, whatever it changes: the proposal written, the second person's word."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from audit.services import record
from kernel import clock
from kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound
from masterdata import selectors
from masterdata.models import StagedChange, User
from masterdata.selectors import scope_of
from masterdata.services.payees import demand_other_person


def stage(
    kind: str,
    *,
    subject_id: int | str,
    company_id: int | None,
    title: str,
    before: Mapping[str, object],
    after: Mapping[str, object],
    actor: User,
    sealed: bytes = b"",
) -> StagedChange:
    """Step: write a proposal of any app's dual-controlled row; Conflict while one of the same row waits.

    The caller holds whatever lock makes one proposal a row certain; `before` and `after` are JSON values. `sealed` are
    secrets the caller encrypted: nobody reads them, and they are forgotten with the decision.
    """
    if selectors.pending_change(kind, subject_id) is not None:
        raise Conflict("此记录已有一项待复核的变更", "a change of this row is waiting")
    change = StagedChange.objects.create(
        kind=kind,
        subject_id=str(subject_id),
        company_id=company_id,
        title=title[:200],
        before=dict(before),
        after=dict(after),
        sealed=sealed,
        made_by=actor,
    )
    record("masterdata.change.proposed", actor=actor, subject=change, before=before, after=after)
    return change


def settle(
    change_id: int, *, kinds: Collection[str], right: str, accept: bool, actor: User, why: str
) -> StagedChange:
    """Step: the second person's decision on a proposal of another app; the caller applies what was accepted.

    Raises NotFound (also for other kinds and companies out of scope), NotAllowed (right missing, the proposer's own
    person), Conflict (decided already), InvalidInput (a refusal without reason).
    """
    scope = scope_of(actor)
    changes = selectors.visible_changes(scope).select_for_update(of=("self",))
    change = changes.filter(pk=change_id, kind__in=list(kinds)).first()
    if change is None:
        raise NotFound("staged change")
    scope.demand(right, change.company_id)
    decide(change, accept=accept, actor=actor, why=why)
    if not accept:
        record("masterdata.change.refused", actor=actor, subject=change, why=why)
    return change


def decide(change: StagedChange, *, accept: bool, actor: User, why: str) -> None:
    """Step: write the decision of a person whose right the caller has checked; see `settle` for what it raises."""
    if change.state != StagedChange.State.PROPOSED:
        raise Conflict("此变更已处理", "already decided", code="illegal_move")
    demand_other_person(change.made_by, actor)
    if selectors.lent_between(change.made_by, actor, at=change.made_at):
        raise NotAllowed(
            "您与提出人之间有代理关系，须由第三人复核",
            "one of you acted for the other: a third person decides",
            code="same_person",
        )
    if not accept and not why.strip():
        raise InvalidInput("拒绝时请填写原因", "a refusal wants a reason", field="why")
    change.state = StagedChange.State.ACCEPTED if accept else StagedChange.State.REFUSED
    change.decided_by, change.decided_at, change.why = actor, clock.now(), why.strip()[:200]
    change.save(update_fields=["state", "decided_by", "decided_at", "why"])
    StagedChange.objects.filter(pk=change.pk).update(sealed=b"")  # the caller still holds them
