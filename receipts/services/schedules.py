"""Collection schedules: set by one person of head office, in force once another agrees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time
from typing import TYPE_CHECKING, Any

from django.db import transaction

from kernel import clock
from kernel.errors import InvalidInput
from masterdata import selectors as masterdata
from masterdata.services import changes
from receipts import office_selectors
from receipts.models import CollectionSchedule
from receipts.services.offices import PROPOSE, settle

if TYPE_CHECKING:
    from masterdata.models import StagedChange, User

KIND = "receipts.schedule"
TIMES_MAX = 48


@dataclass(frozen=True, kw_only=True)
class ScheduleDraft:
    """When an office's credits are fetched; `schedule_id` names the one that changes."""

    office_id: int
    title: str
    times: Sequence[time]
    days: str
    valid_from: date
    valid_to: date | None = None
    is_active: bool = True
    schedule_id: int | None = None


def _clean(draft: ScheduleDraft) -> dict[str, Any]:
    times = sorted(set(draft.times))
    if not times or len(times) > TIMES_MAX or len(times) < len(draft.times):
        raise InvalidInput(
            f"请填写 1 至 {TIMES_MAX} 个互不相同的时刻", "1 to 48 different times", field="times"
        )
    if draft.days not in CollectionSchedule.Days.values:
        raise InvalidInput("请选择执行日", "on which days?", field="days")
    if draft.valid_to is not None and draft.valid_to < draft.valid_from:
        raise InvalidInput("截止日期早于开始日期", "it ends before it begins", field="valid_to")
    if not 0 < len(draft.title.strip()) <= 60:
        raise InvalidInput("计划名称应为 1 至 60 个字", "a title is wanted", field="title")
    return {
        "office_id": draft.office_id,
        "title": draft.title.strip(),
        "times": [f"{one:%H:%M}" for one in times],
        "days": draft.days,
        "valid_from": draft.valid_from.isoformat(),
        "valid_to": draft.valid_to.isoformat() if draft.valid_to else None,
        "is_active": draft.is_active,
        "schedule_id": draft.schedule_id,
    }


def plain(row: CollectionSchedule) -> dict[str, Any]:
    """A schedule as a proposal says it."""
    return {
        "office_id": row.office_id,
        "title": row.title,
        "times": [f"{one:%H:%M}" for one in row.times],
        "days": row.days,
        "valid_from": row.valid_from.isoformat(),
        "valid_to": row.valid_to.isoformat() if row.valid_to else None,
        "is_active": row.is_active,
        "schedule_id": row.pk,
    }


@transaction.atomic(durable=True)
def propose(*, draft: ScheduleDraft, actor: User) -> StagedChange:
    """Propose a schedule, or another timetable of one. Raises NotFound, NotAllowed, InvalidInput, Conflict (one waits)."""
    scope = masterdata.scope_of(actor)
    office = office_selectors.get_office(draft.office_id, scope=scope)
    scope.demand(PROPOSE, office.company_id)
    if office.account_id is None:
        raise InvalidInput("该办事处没有收款账户", "the office has no account", field="office")
    before: dict[str, Any] = {}
    if draft.schedule_id is not None:
        before = plain(office_selectors.get_schedule(draft.schedule_id, scope=scope, lock=True))
    said = _clean(draft)
    other = office_selectors.schedule_of(office.account_id)
    if draft.is_active and other is not None and other.pk != draft.schedule_id:
        raise InvalidInput(
            f"该账户已有归集计划「{other.title}」，请修改该计划",
            "the account has a schedule",
            field="office",
        )
    return changes.stage(
        KIND,
        subject_id=draft.schedule_id or f"new:{office.pk}",
        company_id=office.company_id,
        title=f"归集计划 {office.code} {said['title']}",
        before=before,
        after=said,
        actor=actor,
    )


@transaction.atomic(durable=True)
def decide(*, change_id: int, accept: bool, actor: User, why: str = "") -> StagedChange:
    """The second person takes a schedule into force or refuses it. Raises NotFound, NotAllowed, Conflict, InvalidInput."""
    return settle(KIND, write, change_id=change_id, accept=accept, actor=actor, why=why)


def write(said: dict[str, Any]) -> CollectionSchedule:
    """Step: the schedule as agreed, from now on; without people in a demo. Moments already past are not made up."""
    office = office_selectors.get_office(said["office_id"], scope=masterdata.system_scope())
    row = (
        CollectionSchedule()
        if said.get("schedule_id") is None
        else CollectionSchedule.objects.select_for_update().get(pk=said["schedule_id"])
    )
    row.office, row.company_id, row.account_id = office, office.company_id, office.account_id or 0
    row.title, row.days, row.is_active = said["title"], said["days"], said["is_active"]
    row.times = [time.fromisoformat(one) for one in said["times"]]
    row.valid_from = date.fromisoformat(said["valid_from"])
    row.valid_to = date.fromisoformat(said["valid_to"]) if said["valid_to"] else None
    row.looked_at = clock.now()
    if row.pk is None:
        row.save(force_insert=True)
    else:
        row.save_changes()
    return row
