"""Reads of recurring payments."""

from __future__ import annotations

from django.db.models import QuerySet

from kernel.errors import NotFound
from kernel.scope import Scope
from payments.models import GAVE_UP_ITS_LINE, PaymentOrder, RecurringSchedule


def visible_schedules(scope: Scope) -> QuerySet[RecurringSchedule]:
    """Plans of the companies the viewer serves, newest first."""
    rows = RecurringSchedule.objects.filter(company_id__in=scope.companies_with("payments.view"))
    return rows.order_by("-created_at", "-pk")


def get_schedule(code: str, *, scope: Scope) -> RecurringSchedule:
    """One plan with what its page shows; out of scope looks exactly like absent."""
    rows = visible_schedules(scope).select_related(
        "company", "payer_account", "payee_account", "made_by", "decided_by"
    )
    found = rows.filter(code=code).first()
    if found is None:
        raise NotFound("recurring schedule", "未找到该周期付款计划")
    return found


def lock_schedule(schedule_id: int, *, scope: Scope) -> RecurringSchedule:
    """One plan, locked until the caller's transaction ends; out of scope looks exactly like absent."""
    found = (
        RecurringSchedule.objects.filter(pk=schedule_id, company_id__in=scope.company_ids)
        .select_for_update(of=("self",), no_key=True)
        .select_related("company", "payer_account", "payee_account__counterparty", "made_by")
        .first()
    )
    if found is None:
        raise NotFound("recurring schedule", "未找到该周期付款计划")
    return found


def orders_by_day(plan: RecurringSchedule) -> dict[str, PaymentOrder]:
    """The order of each planned day that has one. The caller was allowed to see the plan."""
    rows = PaymentOrder.objects.filter(schedule=plan).exclude(GAVE_UP_ITS_LINE)
    return {order.wish_date.isoformat(): order for order in rows}
