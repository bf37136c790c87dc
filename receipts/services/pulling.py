"""Pull (上划): after a fetch, the office's balance beyond what stays is brought up, within the limits head office set.

The order is drafted in the name of the maker the schedule names. Under a standing mandate of the two accounts it is released
at once, inside the mandate's limits; otherwise submitting, checking, approving and releasing it are people's acts, as for any
payment. One moment of a schedule drafts one order at the most.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from django.db import transaction

from audit import services as audit
from desk import services as desk
from kernel import clock
from kernel.errors import DomainError, require
from masterdata import selectors as masterdata
from payments import funds
from payments import selectors as payments
from payments.content import OrderRequest
from payments.services.drafting import draft_order
from payments.services.standing import release_by_standing
from receipts import office_selectors
from receipts.models import CollectionRun, CollectionSchedule
from receipts.rules import ZERO, pullable
from receipts.states import RunState

SOURCE = "collection"
BROKEN = ("failed", "returned")  # ended, but whoever looks after it may pay it again
RELEASED, TAKEN_UP = "已由常设授权自动授权", "起草后已另行办理"
LEASE = timedelta(minutes=10)  # of the worker that drafted it
LEFT_FOR = timedelta(days=3)
LOOK_BACK = timedelta(days=90)  # an order older than this is looked after by others


@transaction.atomic(durable=True)
def draft_pull(*, run_id: int) -> str:
    """Draft what a run that fetched well has to pull, once; the number of the order, or "" with the reason in the run's note."""
    run = CollectionRun.objects.select_for_update(of=("self",)).get(pk=run_id)
    plan = CollectionSchedule.objects.select_related("account__company", "target", "maker").get(
        pk=run.schedule_id
    )
    if run.state != RunState.DONE or plan.rule != plan.Rule.PULL or run.order_id is not None:
        return run.order_no
    amount, why = _amount(plan)
    if not amount or plan.maker is None:
        run.note = why
    else:
        try:
            with transaction.atomic():
                order = draft_order(
                    request=_request(plan, run, amount),
                    maker=plan.maker,
                    scope=masterdata.scope_of(plan.maker),
                )
        except DomainError as refusal:
            run.note = refusal.message[:200]
        else:
            run.order_id, run.order_no, run.note = order.pk, order.order_no, ""
            _record(plan, run, amount)
    run.save(update_fields=["order_id", "order_no", "note"])
    return run.order_no


def release_pull(*, run_id: int) -> None:
    """Release what a run drafted under the standing mandate of its accounts, where there is one; else its maker is told, and why.

    What became of it stands in the run's note; asked again, nothing is done twice.
    """
    run = CollectionRun.objects.get(pk=run_id)
    drafted = payments.orders_by_id([run.order_id] if run.order_id else [])
    if run.note or not drafted:
        return
    is_draft = drafted[0].state == "draft"
    why = release_by_standing(order_id=drafted[0].pk) if is_draft else ""
    _settle(run_id, why=why, is_released=is_draft and not why)


def release_left() -> None:
    """Go on with drafts whose worker died before it asked for their mandate, so that none lies there untold."""
    left = CollectionRun.objects.filter(
        state=RunState.DONE, order_id__isnull=False, note="", ended_at__gte=clock.now() - LEFT_FOR
    )
    for run_id in left.filter(ended_at__lte=clock.now() - LEASE).values_list("pk", flat=True):
        release_pull(run_id=run_id)


@transaction.atomic(durable=True)
def _settle(run_id: int, *, why: str, is_released: bool) -> None:
    """Note what became of a draft, and tell its maker where it waits for them."""
    run = CollectionRun.objects.select_for_update(of=("self",)).get(pk=run_id)
    if run.note:
        return
    if why:
        _tell(run, why)
    run.note = (why or (RELEASED if is_released else TAKEN_UP))[:200]
    run.save(update_fields=["note"])


def _amount(plan: CollectionSchedule) -> tuple[Decimal, str]:
    """What may be pulled now; zero with the reason."""
    told = funds.of_account(plan.account_id)
    if not told.is_known or told.is_stale:
        return ZERO, "余额不是最新，未起草上划"
    drawn = office_selectors.pulls_of(plan.account_id, since=clock.now() - LOOK_BACK)
    gone = ZERO
    for order in payments.orders_by_id(drawn):
        if order.shown_state not in payments.ENDED:
            return ZERO, f"上一笔上划 {order.order_no} 尚未结束"
        is_today = order.created_at.astimezone(clock.SHANGHAI).date() == clock.today()
        if is_today and order.shown_state in BROKEN:
            return ZERO, f"今日的上划 {order.order_no} 失败或退回，可能重新支付，今日不再起草"
        gone += order.amount if is_today and order.shown_state == "succeeded" else ZERO
    amount = pullable(
        free=told.free,
        keep=plan.keep,
        at_least=plan.at_least,
        most=plan.most or ZERO,
        left_today=(plan.most_a_day or ZERO) - gone,
    )
    return amount, "" if amount else "没有需要上划的余额"


def _request(plan: CollectionSchedule, run: CollectionRun, amount: Decimal) -> OrderRequest:
    target = plan.target
    require(target is not None, "a pull has its target")
    return OrderRequest(
        company_code=plan.account.company.code,
        payer_number=plan.account.number,
        payee_number=target.number if target else "",
        payee_name=target.name if target else "",
        amount=amount,
        currency=plan.account.currency,
        wish_date=clock.today(),
        purpose=f"资金上划 {run.scheduled_at.astimezone(clock.SHANGHAI):%m-%d %H:%M}",
        kind="internal",
        source_system=SOURCE,
        erp_doc_type="归集",
        erp_doc_no=f"GJ{plan.pk}-{run.scheduled_at.astimezone(clock.SHANGHAI):%Y%m%d%H%M}",
    )


def _record(plan: CollectionSchedule, run: CollectionRun, amount: Decimal) -> None:
    audit.record(
        "receipts.collection.pull_drafted",
        actor=None,
        subject=run,
        after={"order_no": run.order_no, "amount": amount, "keep": plan.keep},
    )


def _tell(run: CollectionRun, why: str) -> None:
    plan = run.schedule
    (order,) = payments.orders_by_id([run.order_id or 0])
    desk.notify(
        user_id=plan.maker_id or 0,
        title=f"上划 {run.order_no} 已起草：{order.currency} {order.amount:,.2f}",
        body=f"{plan.title}，请核对后提交复核。未由常设授权办理：{why}",
        url=f"/payments/orders/{run.order_no}/",
    )
