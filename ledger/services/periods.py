"""Months: their rows, the day an entry may be booked on, locking and reopening by two people."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import TYPE_CHECKING

from audit import services as audit
from kernel import clock
from kernel.errors import Conflict, InvalidInput
from ledger.models import Period, Voucher
from ledger.rules import period_of
from ledger.states import PERIOD, PeriodState, VoucherState
from masterdata.services import changes

if TYPE_CHECKING:
    from masterdata.models import StagedChange, User

LOCK, REOPEN = "ledger.period.lock", "ledger.period.reopen"
_WORDS = {LOCK: "锁定会计期间", REOPEN: "重新打开会计期间"}
_MOVES = {LOCK: "lock", REOPEN: "reopen"}


class PeriodLocked(Conflict):
    """The month takes no further entry."""

    code = "period_locked"

    def __init__(self, code: str) -> None:
        super().__init__(
            f"会计期间 {code} 已锁定，不能再记账；须先由两人重新打开", f"period {code} is locked"
        )


def ensure(months: Collection[tuple[int, str]]) -> None:
    """Step: see that these (company id, month) have their rows; the database takes entries for no other."""
    Period.objects.bulk_create(
        [Period(company_id=company_id, code=code) for company_id, code in sorted(set(months))],
        ignore_conflicts=True,
    )


def booking_day(company_id: int, day: date, locked: Collection[tuple[int, str]]) -> date:
    """The day a fact of `day` is booked on: its own, or today once its month is locked. Raises PeriodLocked.

    What arrives after the month was closed belongs to the month it arrives in.
    """
    if (company_id, period_of(day)) not in locked:
        return day
    today = clock.today()
    if (company_id, period_of(today)) in locked:
        raise PeriodLocked(period_of(today))
    return today


def stage(*, period: Period, kind: str, actor: User, why: str) -> StagedChange:
    """Step: the first of two people asks for a locked month (LOCK) or an open one (REOPEN), with a reason.

    Whoever calls holds the row and has seen to everything a close wants beyond the books (`reconciliation.services.closing`).
    Raises InvalidInput (no reason), Conflict (not in that state, drafts left, a proposal waits).
    """
    if not why.strip():
        raise InvalidInput("请填写原因", "a reason is wanted", field="why")
    target = PERIOD.target(_MOVES[kind], period.state)
    if kind == LOCK:
        _require_no_drafts(period)
    return changes.stage(
        kind,
        subject_id=period.pk,
        company_id=period.company_id,
        title=f"{_WORDS[kind]} {period.company.code} {period.code}：{why.strip()}",
        before={"state": str(period.state)},
        after={"state": str(target), "why": why.strip()},
        actor=actor,
    )


def _require_no_drafts(period: Period) -> None:
    drafts = Voucher.objects.filter(
        company_id=period.company_id, period=period.code, state=VoucherState.DRAFT
    ).count()
    if drafts:
        raise Conflict(
            f"该期间还有 {drafts} 张未记账的凭证，请先记账或作废",
            "drafts are left",
            code="drafts_left",
        )


def settle(*, change_id: int, accept: bool, actor: User, why: str = "") -> StagedChange:
    """Step: the second person's word. What was accepted is done by `apply`. Right ledger.confirm.

    Raises NotFound, NotAllowed (the same natural person), Conflict (decided already), InvalidInput (a refusal's reason).
    """
    return changes.settle(
        change_id, kinds=_MOVES, right="ledger.confirm", accept=accept, actor=actor, why=why
    )


def apply(*, period: Period, change: StagedChange, actor: User) -> None:
    """Step: lock or reopen the locked row as the accepted change says. Raises Conflict (state moved on, drafts left)."""
    before = str(period.state)
    period.move(_MOVES[change.kind])
    if period.state == PeriodState.LOCKED:
        _require_no_drafts(period)
    period.asked_by, period.decided_by = change.made_by, actor
    period.changed_at, period.reason = clock.now(), str(change.after["why"])[:200]
    period.save_changes()
    audit.record(
        "ledger.period.locked" if change.kind == LOCK else "ledger.period.reopened",
        actor=actor,
        subject=period,
        before={"state": before},
        after={"state": str(period.state), "asked_by": change.made_by.username},
        why=period.reason,
    )
