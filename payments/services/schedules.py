"""Recurring payments: planned by one person, confirmed by another; each date is drafted once, exactly as planned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import transaction

from audit import services as audit
from kernel import clock
from kernel.errors import Conflict, InvalidInput, NotAllowed
from kernel.money import Money
from kernel.references import make_reference
from masterdata import selectors as masterdata
from masterdata.states import PayeeState
from payments import schedule_selectors, selectors
from payments.content import OrderRequest
from payments.models import PaymentOrder, RecurringSchedule
from payments.services.drafting import draft_order

if TYPE_CHECKING:
    from masterdata.models import User

DATES_MAX = 60


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is to be paid on which dates."""

    title: str
    payer_account_id: int
    payee_account_id: int
    amount: Decimal
    purpose: str
    dates: Sequence[date]


def _dates(dates: Sequence[date]) -> list[str]:
    days = sorted(set(dates))
    if not days or len(days) > DATES_MAX or len(days) < len(dates):
        raise InvalidInput(
            f"请填写 1 至 {DATES_MAX} 个互不相同的付款日期",
            f"1 to {DATES_MAX} different dates are wanted",
            field="dates",
        )
    if days[0] < clock.today():
        raise InvalidInput(
            f"付款日期 {days[0]} 已过", "a date in the past cannot be planned", field="dates"
        )
    return [day.isoformat() for day in days]


@transaction.atomic(durable=True)
def propose_schedule(*, plan: Plan, actor: User) -> RecurringSchedule:
    """Plan recurring payments of a company; another person confirms. Raises NotFound, NotAllowed, InvalidInput."""
    scope = masterdata.scope_of(actor)
    account = masterdata.get_account(plan.payer_account_id, scope=scope)
    scope.demand("payments.make", account.company_id)
    payee = masterdata.get_payee(plan.payee_account_id, scope=scope)
    if payee.state != PayeeState.CONFIRMED:
        raise InvalidInput("收款账户尚未确认", "the payee is not confirmed", field="payee")
    title = plan.title.strip()
    if not title:
        raise InvalidInput("请填写计划名称", "a title is wanted", field="title")
    money = Money(plan.amount, account.currency)
    if money.amount <= 0:
        raise InvalidInput("金额必须大于零", "amount must be above zero", field="amount")
    number = selectors.numbers("order_no_seq", count=1)[0]
    made = RecurringSchedule.objects.create(
        code=make_reference("R", epoch=masterdata.outbound_gate().epoch, sequence=number),
        title=title[:80],
        company_id=account.company_id,
        payer_account=account,
        payee_account=payee,
        amount=money.amount,
        currency=money.currency,
        purpose=plan.purpose.strip()[:200],
        dates=_dates(plan.dates),
        made_by=actor,
    )
    after = {"amount": made.amount, "payee": payee.number, "dates": made.dates}
    audit.record("payments.schedule.proposed", actor=actor, subject=made, after=after)
    return made


@transaction.atomic(durable=True)
def decide_schedule(
    *, schedule_id: int, version: int, confirm: bool, actor: User, why: str = ""
) -> RecurringSchedule:
    """A checker confirms or rejects a plan; never who made it. Raises NotFound, NotAllowed, Conflict, InvalidInput."""
    scope = masterdata.scope_of(actor)
    plan = schedule_selectors.lock_schedule(schedule_id, scope=scope)
    plan.require_version(version)
    scope.demand("payments.check", plan.company_id)
    if plan.made_by.person_key == actor.person_key:
        raise NotAllowed("提出人不能确认自己的计划", "another person decides", code="same_person")
    if not confirm and not why.strip():
        raise InvalidInput("拒绝时请填写原因", "a rejection wants a reason", field="why")
    plan.move("confirm" if confirm else "reject")
    plan.decided_by, plan.decided_at, plan.why = actor, clock.now(), why.strip()[:200]
    plan.save_changes(["state", "decided_by", "decided_at", "why"])
    event = "payments.schedule.confirmed" if confirm else "payments.schedule.rejected"
    audit.record(event, actor=actor, subject=plan, after={"state": plan.state}, why=plan.why)
    return plan


@transaction.atomic(durable=True)
def close_schedule(*, schedule_id: int, version: int, actor: User, why: str) -> RecurringSchedule:
    """End a plan: nothing further is drafted from it. By a maker or a checker. Raises NotFound, NotAllowed, Conflict."""
    scope = masterdata.scope_of(actor)
    plan = schedule_selectors.lock_schedule(schedule_id, scope=scope)
    plan.require_version(version)
    if not scope.has("payments.make", plan.company_id):
        scope.demand("payments.check", plan.company_id)
    if not why.strip():
        raise InvalidInput("请填写原因", "a reason is wanted", field="why")
    plan.move("close")
    plan.save_changes(["state"])
    audit.record("payments.schedule.closed", actor=actor, subject=plan, why=why.strip())
    return plan


@transaction.atomic(durable=True)
def draft_planned(*, schedule_id: int, day: date, actor: User) -> PaymentOrder:
    """The draft of one planned date, once. Raises NotFound, NotAllowed, Conflict (planned_taken), InvalidInput."""
    scope = masterdata.scope_of(actor)
    plan = schedule_selectors.lock_schedule(schedule_id, scope=scope)
    if schedule_selectors.orders_by_day(plan).get(day.isoformat()) is not None:
        raise Conflict(
            "该计划日期已有付款单，每个日期只付一次",
            "the planned date has its order already",
            code="planned_taken",
        )
    payee = plan.payee_account
    request = OrderRequest(
        company_code=plan.company.code,
        payer_number=plan.payer_account.number,
        payee_code=payee.counterparty.code,
        payee_number=payee.number,
        payee_name=payee.name,
        amount=plan.amount,
        currency=plan.currency,
        wish_date=day,
        purpose=plan.purpose,
        schedule_code=plan.code,
    )
    return draft_order(request=request, maker=actor, scope=scope)
