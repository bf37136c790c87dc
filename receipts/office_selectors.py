"""Every read of sales offices, their schedules and runs. Functions without a `scope` are system look-ups and say so."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet

from kernel.errors import NotFound
from kernel.scope import Scope
from receipts.models import CollectionRun, CollectionSchedule, SalesOffice
from receipts.selectors import VIEW


def visible_offices(scope: Scope) -> QuerySet[SalesOffice]:
    """Offices of the companies whose receipts the viewer may see, by code."""
    return (
        SalesOffice.objects.filter(company_id__in=scope.companies_with(VIEW))
        .select_related("company", "account", "partner")
        .order_by("code")
    )


def get_office(office_id: int, *, scope: Scope, lock: bool = False) -> SalesOffice:
    """An office, locked when asked; raises NotFound."""
    rows = visible_offices(scope)
    found = (rows.select_for_update(of=("self",)) if lock else rows).filter(pk=office_id).first()
    if found is None:
        raise NotFound("sales office", "未找到该办事处")
    return found


def office_by_code(code: str) -> SalesOffice | None:
    """The office with this code. System look-up."""
    return SalesOffice.objects.filter(code=code).first()


def visible_schedules(scope: Scope) -> QuerySet[CollectionSchedule]:
    """Schedules of the viewer's companies, by office."""
    return (
        CollectionSchedule.objects.filter(company_id__in=scope.companies_with(VIEW))
        .select_related("office", "company", "account", "account__bank")
        .order_by("office__code", "pk")
    )


def get_schedule(schedule_id: int, *, scope: Scope, lock: bool = False) -> CollectionSchedule:
    """A schedule, locked when asked; raises NotFound."""
    rows = visible_schedules(scope)
    found = (rows.select_for_update(of=("self",)) if lock else rows).filter(pk=schedule_id).first()
    if found is None:
        raise NotFound("collection schedule", "未找到该归集计划")
    return found


def active_schedules() -> list[CollectionSchedule]:
    """Schedules in force, locked; those somebody else looks at are left out. System look-up of the tick."""
    rows = CollectionSchedule.objects.filter(is_active=True, office__is_active=True)
    return list(rows.select_for_update(of=("self",), skip_locked=True).order_by("pk"))


def schedule_of(account_id: int) -> CollectionSchedule | None:
    """The active schedule of an account. System look-up."""
    return CollectionSchedule.objects.filter(account_id=account_id, is_active=True).first()


def pulls_of(account_id: int, *, since: datetime) -> list[int]:
    """Ids of the orders the schedule's runs drafted on this account. System look-up of pulling."""
    rows = CollectionRun.objects.filter(
        account_id=account_id, scheduled_at__gte=since, order_id__isnull=False
    )
    return [pk for pk in rows.values_list("order_id", flat=True) if pk is not None]


def visible_runs(scope: Scope) -> QuerySet[CollectionRun]:
    """Runs of the viewer's companies, newest first."""
    return CollectionRun.objects.filter(company_id__in=scope.companies_with(VIEW)).order_by(
        "-scheduled_at", "-id"
    )
