"""The outbound gate: one person closes it, two open it again; its epoch rises with every restore, so no number comes twice."""

from __future__ import annotations

from audit.services import record
from kernel import clock
from kernel.errors import Conflict
from masterdata import selectors
from masterdata.models import OutboundGate, StagedChange, User
from masterdata.services.staging import stage

OPEN = "gate.open"


def locked() -> OutboundGate:
    """The gate, locked until the caller's transaction ends; made closed where the row is missing."""
    OutboundGate.objects.get_or_create(pk=1, defaults={"is_open": False, "reason": "尚未初始化"})
    return OutboundGate.objects.select_for_update().get(pk=1)


def close(gate: OutboundGate, *, why: str, actor: object, epoch: int | None = None) -> None:
    """Nothing leaves from now on; after a restore with a higher epoch (a step)."""
    before = {"is_open": gate.is_open, "epoch": gate.epoch, "reason": gate.reason}
    gate.is_open, gate.reason, gate.changed_at = False, why[:200], clock.now()
    gate.epoch = epoch or gate.epoch
    gate.save()
    after = {"is_open": False, "epoch": gate.epoch, "reason": gate.reason}
    record("masterdata.gate.closed", actor=actor, subject=gate, before=before, after=after, why=why)


def propose_opening(*, actor: User, why: str) -> StagedChange:
    """One of two who open it (a step; the caller has checked the right and what has to be settled first).

    Raises Conflict (open already, or a proposal waits).
    """
    gate = locked()
    if gate.is_open:
        raise Conflict("出口已打开", "the gate is open")
    return stage(
        OPEN,
        subject_id=gate.pk,
        company_id=None,
        title=f"打开出口：{why.strip()}",
        before={"is_open": False, "epoch": gate.epoch},
        after={"is_open": True, "epoch": gate.epoch},
        actor=actor,
    )


def apply(change: StagedChange) -> OutboundGate:
    """What the second person's word does. Raises Conflict where the gate was closed anew since the proposal."""
    gate = locked()
    if gate.is_open or gate.epoch != change.before["epoch"] or gate.changed_at > change.made_at:
        raise Conflict("出口在提出后又有变化，请重新申请", "the gate moved on")
    gate.is_open, gate.reason, gate.changed_at = True, "", clock.now()
    gate.save()
    return gate


def waiting() -> StagedChange | None:
    """The proposal that waits for the second person."""
    return selectors.pending_change(OPEN, 1)
