"""Runs of collection schedules: planned once a moment, a missed one made up once; `bankbridge` fetches, this notes what came.

The database is the queue: what is due becomes a waiting run; a lease and a count of attempts see to a fetcher that dies.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from audit import services as audit
from desk import services as desk
from kernel import clock
from kernel.errors import NotFound
from kernel.scope import Scope
from masterdata import selectors as masterdata
from receipts import office_selectors
from receipts.models import ArrivalNotice, CollectionRun, CollectionSchedule
from receipts.services import arriving, pulling
from receipts.states import RunState
from receipts.timetable import moments

LATE_AFTER = timedelta(minutes=5)
LEASE = timedelta(minutes=10)
RETRY_S = (15, 30, 60, 120, 300)  # then it has failed
FAILED = "receipts.collection_failed"


@transaction.atomic(durable=True)
def plan_runs() -> int:
    """A waiting run for each schedule whose moment has come; moments missed before it are covered by it. How many wait anew."""
    now, calendar, made = clock.now(), masterdata.calendar(), 0
    for one in office_selectors.active_schedules():
        due = moments(
            times=one.times,
            days=one.days,
            valid_from=one.valid_from,
            valid_to=one.valid_to,
            after=one.looked_at,
            until=now,
            calendar=calendar,
        )
        if not due:
            continue
        CollectionRun.objects.bulk_create(
            [_run(one, moment, is_last=moment == due[-1], now=now) for moment in due],
            ignore_conflicts=True,
        )
        CollectionSchedule.objects.filter(pk=one.pk).update(looked_at=now)
        made += 1
    return made


@transaction.atomic(durable=True)
def run_now(*, account_number: str, actor: Any, scope: Scope) -> CollectionRun:
    """A run of the account's schedule at this minute, beside its timetable and within its limits; asked twice it is one run.

    Raises NotFound without a schedule in force, NotAllowed without `receipts.arrange`.
    """
    rows = office_selectors.visible_schedules(scope).filter(is_active=True, office__is_active=True)
    plan = rows.select_for_update(of=("self",)).filter(account__number=account_number).first()
    if plan is None:
        raise NotFound("collection schedule", "该账户没有生效的归集计划")
    scope.demand("receipts.arrange", plan.company_id)
    now = clock.now()
    moment = now.replace(second=0, microsecond=0)
    CollectionRun.objects.bulk_create(
        [_run(plan, moment, is_last=True, now=now)], ignore_conflicts=True
    )
    found = CollectionRun.objects.select_related("account", "schedule")
    run = found.get(account_id=plan.account_id, scheduled_at=moment)
    after = {"schedule": plan.title, "account": plan.account.number[-4:]}
    audit.record("receipts.collection.asked", actor=actor, subject=run, after=after)
    return run


def _run(
    schedule: CollectionSchedule, moment: datetime, *, is_last: bool, now: datetime
) -> CollectionRun:
    return CollectionRun(
        schedule=schedule,
        company_id=schedule.company_id,
        account_id=schedule.account_id,
        scheduled_at=moment,
        state=RunState.WAITING if is_last else RunState.COVERED,
        is_late=now - moment > LATE_AFTER,
        next_at=now,
        note="" if is_last else "错过，由其后一次补做",
    )


@transaction.atomic(durable=True)
def claim_run() -> CollectionRun | None:
    """The next run to make, or None. One whose fetcher died is taken up again: fetching twice changes nothing."""
    now = clock.now()
    stale = CollectionRun.objects.filter(state=RunState.RUNNING, started_at__lt=now - LEASE)
    for left in stale.select_for_update(skip_locked=True).order_by("pk"):
        left.move("again")
        left.next_at = now
        left.save(update_fields=["state", "next_at"])
    row = (
        CollectionRun.objects.select_for_update(skip_locked=True)
        .filter(state=RunState.WAITING, next_at__lte=now)
        .order_by("scheduled_at", "pk")
        .first()
    )
    if row is None:
        return None
    row.move("start")
    row.attempt, row.started_at = row.attempt + 1, now
    row.save(update_fields=["state", "attempt", "started_at"])
    return row


def finish_run(*, run_id: int, error: str = "") -> None:
    """The credits are fetched (or were not, with the reason): their notices are made, and the run says how many came with it."""
    if not error:
        arriving.take_arrivals()
    _note(run_id, error)
    if not error:
        pulling.draft_pull(run_id=run_id)
        pulling.release_pull(run_id=run_id)


@transaction.atomic(durable=True)
def _note(run_id: int, error: str) -> None:
    row = (
        CollectionRun.objects.select_for_update(of=("self",))
        .select_related("schedule")
        .get(pk=run_id)
    )
    if row.state != RunState.RUNNING:
        return  # somebody took it up again after its lease
    now = clock.now()
    row.note = error[:200]
    if not error:
        row.move("end")
        row.ended_at = now
        row.arrivals = ArrivalNotice.objects.filter(
            account_id=row.account_id, created_at__gte=_since(row), created_at__lte=now
        ).count()
    elif row.attempt <= len(RETRY_S):
        row.move("again")
        row.next_at = now + timedelta(seconds=RETRY_S[row.attempt - 1])
    else:
        row.move("fail")
        row.ended_at = now
    row.save(update_fields=["state", "note", "ended_at", "arrivals", "next_at"])
    if row.ended_at is not None:
        _tell(row)


def _since(row: CollectionRun) -> datetime:
    """Credits count for the run from its first attempt on."""
    waited = sum(RETRY_S[: row.attempt - 1])
    return (row.started_at or row.scheduled_at) - timedelta(seconds=waited)


def _tell(row: CollectionRun) -> None:
    audit.record(
        "receipts.collection.made",
        actor=None,
        subject=row,
        after={"state": str(row.state), "scheduled_at": row.scheduled_at, "arrivals": row.arrivals},
        why=row.note,
    )
    kind = row.schedule._meta.label_lower
    if row.state == RunState.FAILED:
        desk.open_case(
            kind=FAILED,
            subject_kind=kind,
            subject_id=row.schedule_id,
            company_id=row.company_id,
            title=f"归集计划「{row.schedule.title}」{row.scheduled_at.astimezone(clock.SHANGHAI):%m-%d %H:%M} 未能取数",
            reason=row.note,
            next_step="检查银行通道；恢复后下一次执行会一并取回",
            owner_role="receipts_accountant",
        )
    else:
        desk.close_case(
            kind=FAILED, subject_kind=kind, subject_id=row.schedule_id, outcome="已取回"
        )
