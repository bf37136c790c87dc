"""Collection schedules: set by one person of head office, in force once another agrees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import transaction

from kernel import clock
from kernel.errors import InvalidInput
from masterdata import people_selectors
from masterdata import selectors as masterdata
from masterdata.services import changes
from receipts import office_selectors
from receipts.models import CollectionSchedule, SalesOffice
from receipts.rules import ZERO
from receipts.services.offices import PROPOSE, settle

if TYPE_CHECKING:
    from masterdata.models import StagedChange, User

KIND = "receipts.schedule"
TIMES_MAX = 48
_AMOUNTS = ("keep", "at_least", "most", "most_a_day")


@dataclass(frozen=True, kw_only=True)
class ScheduleDraft:
    """When an office's credits are fetched; `schedule_id` names the one that changes."""

    office_id: int
    title: str
    times: Sequence[time]
    days: str
    valid_from: date
    valid_to: date | None = None
    rule: str = CollectionSchedule.Rule.FETCH
    target_id: int | None = None
    maker_id: int | None = None
    keep: Decimal = ZERO
    at_least: Decimal = ZERO
    most: Decimal | None = None
    most_a_day: Decimal | None = None
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
        **_pull(draft),
    }


def _pull(draft: ScheduleDraft) -> dict[str, Any]:
    """The mandate of a pull as JSON values; nothing of it where the rule is only to fetch."""
    if draft.rule != CollectionSchedule.Rule.PULL:
        return {"rule": CollectionSchedule.Rule.FETCH.value}
    if draft.target_id is None or draft.maker_id is None:
        raise InvalidInput(
            "上划须指定归集账户和制单人", "target and maker are wanted", field="target"
        )
    if not draft.most or not draft.most_a_day or draft.most > draft.most_a_day:
        raise InvalidInput(
            "请填写每次与每日上限，且每次不超过每日",
            "limits a run and a day are wanted",
            field="most",
        )
    return {
        "rule": draft.rule,
        "target_id": draft.target_id,
        "maker_id": draft.maker_id,
        "keep": f"{draft.keep:.2f}",
        "at_least": f"{draft.at_least:.2f}",
        "most": f"{draft.most:.2f}",
        "most_a_day": f"{draft.most_a_day:.2f}",
    }


def _check_pull(said: dict[str, Any], office: SalesOffice, actor: User) -> None:
    """The accounts and the maker a pull names must be able to do it."""
    if said["rule"] != CollectionSchedule.Rule.PULL:
        return
    target = masterdata.get_account(said["target_id"], scope=masterdata.scope_of(actor))
    own = office.account
    if own is None or target.pk == own.pk or target.currency != own.currency:
        raise InvalidInput(
            "归集账户须为同币种的另一账户", "another account of that currency", field="target"
        )
    if said["maker_id"] not in people_selectors.people_with("payments.make", office.company_id):
        raise InvalidInput("所选制单人没有该公司的制单权限", "not a maker", field="maker")


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
        "rule": row.rule,
        **({name: f"{getattr(row, name):.2f}" for name in _AMOUNTS} if row.rule == "pull" else {}),
        **({"target_id": row.target_id, "maker_id": row.maker_id} if row.rule == "pull" else {}),
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
    _check_pull(said, office, actor)
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
    row.rule = said.get("rule", CollectionSchedule.Rule.FETCH)
    row.target_id, row.maker_id = said.get("target_id"), said.get("maker_id")
    row.keep, row.at_least = (Decimal(said.get(name, "0")) for name in ("keep", "at_least"))
    row.most, row.most_a_day = (
        Decimal(said[name]) if said.get(name) else None for name in ("most", "most_a_day")
    )
    row.looked_at = clock.now()
    if row.pk is None:
        row.save(force_insert=True)
    else:
        row.save_changes()
    return row
