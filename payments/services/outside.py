"""Out-of-band execution: an order that was paid elsewhere ends here, so that nobody pays it again. Two people, with proof."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction

from approvals import services as approvals
from audit import services as audit
from kernel import clock, vault
from kernel.errors import Conflict, InvalidInput, NotAllowed
from masterdata import selectors as masterdata
from payments import selectors
from payments.content import Proof, content_hash
from payments.models import OutsidePayment, PaymentOrder
from payments.outside_selectors import get_outside
from payments.services.alarms import alarm, settle
from payments.services.cases import close_ended_attempt
from payments.services.holding import change
from payments.states import InstructionState, OrderState

if TYPE_CHECKING:
    from masterdata.models import User

EVIDENCE_MAX = 10 * 1024 * 1024
TIE_DAYS = 5  # how far the debit may lie from the day people named
LATE_DAYS = 5  # a debit that has not shown by then is asked about


def _require_proof(proof: Proof) -> None:
    if proof.channel not in OutsidePayment.Channel.values:
        raise InvalidInput("请选择付款渠道", "choose where it was paid", field="channel")
    if not proof.reason.strip():
        raise InvalidInput("请填写在平台外支付的原因", "a reason is wanted", field="reason")
    if proof.paid_on > clock.today():
        raise InvalidInput("付款日期不能晚于今天", "paid in the future", field="paid_on")
    if not proof.evidence_file:
        raise InvalidInput("请上传银行回单或凭证", "evidence is wanted", field="evidence")
    if len(proof.evidence_file) > EVIDENCE_MAX:
        raise InvalidInput("凭证文件不能超过 10 MB", "the evidence is too large", field="evidence")


def _require_not_live(order: PaymentOrder) -> None:
    if order.state in (OrderState.VOID, OrderState.CANCELLED):
        raise Conflict("该付款单已结束", "the order has ended", code="illegal_move")
    if order.state == OrderState.RELEASED and order.shown_state not in (
        InstructionState.FAILED,
        InstructionState.RETURNED,
    ):
        raise Conflict(
            "该付款单有在途指令：结果未知的请裁定，尚未发送的请先撤销",
            "the order has a live instruction",
            code="d2",
        )


@transaction.atomic(durable=True)
def propose_outside(*, order_id: int, version: int, proof: Proof, actor: User) -> OutsidePayment:
    """The first of two people says an order was paid outside the platform. Rights payments.make or payments.adjudicate.

    Raises NotFound, NotAllowed, Conflict (a live instruction; one is recorded already), InvalidInput naming the field.
    """
    _require_proof(proof)
    scope = masterdata.scope_of(actor)
    order = selectors.lock_order(order_id, scope=scope)
    order.require_version(version)
    if not scope.has("payments.make", order.company_id):
        scope.demand("payments.adjudicate", order.company_id)
    _require_not_live(order)
    if order.outside.exclude(state=OutsidePayment.State.REFUSED).exists():
        raise Conflict("已有平台外支付登记", "it is recorded already", code="proposal_open")
    record = OutsidePayment.objects.create(
        order=order,
        company_id=order.company_id,
        channel=proof.channel,
        paid_on=proof.paid_on,
        bank_serial=proof.bank_serial.strip()[:60],
        reason=proof.reason.strip()[:300],
        evidence_name=proof.evidence_name[-120:],
        evidence_file=vault.ring().encrypt(proof.evidence_file, aad=f"outside:{order.order_no}"),
        content_hash=content_hash(order),
        proposed_by=actor,
    )
    audit.record(
        "payments.outside.proposed",
        actor=actor,
        subject=record,
        after={"order_no": order.order_no, "channel": proof.channel, "paid_on": proof.paid_on},
        why=record.reason,
    )
    return record


@transaction.atomic(durable=True)
def decide_outside(
    *, record_id: int, version: int, agree: bool, actor: User, note: str = ""
) -> OutsidePayment:
    """The second person agrees, and the order ends as paid outside; or refuses, and it goes on. Right payments.adjudicate.

    Raises NotFound, NotAllowed (the same natural person, or the order's maker), Conflict (the order moved on or changed).
    """
    scope = masterdata.scope_of(actor)
    found = get_outside(record_id, scope=scope)
    order = selectors.lock_order(found.order_id, scope=scope)
    record = OutsidePayment.objects.select_for_update(of=("self",)).get(pk=record_id)
    record.require_version(version)
    scope.demand("payments.adjudicate", order.company_id)
    if record.state != OutsidePayment.State.PROPOSED:
        raise Conflict("该登记已处理", "already decided", code="illegal_move")
    people = {found.proposed_by.person_key, order.maker.person_key if order.maker else ""}
    lent = masterdata.lent_between(found.proposed_by, actor, at=found.proposed_at)
    if actor.person_key in people or lent:
        raise NotAllowed(
            "须由登记人、制单人以外的人确认", "another person decides", code="same_person"
        )
    record.state = OutsidePayment.State.AGREED if agree else OutsidePayment.State.REFUSED
    record.decided_by, record.decided_at = actor, clock.now()
    record.decision_note = note.strip()[:300]
    record.save_changes(["state", "decided_by", "decided_at", "decision_note"])
    if agree:
        _end(order, record, actor)
    audit.record(
        "payments.outside.agreed" if agree else "payments.outside.refused",
        actor=actor,
        subject=record,
        after={"order_no": order.order_no, "state": order.state},
        why=note,
    )
    return record


def _end(order: PaymentOrder, record: OutsidePayment, actor: User) -> None:
    _require_not_live(order)
    if content_hash(order) != record.content_hash:
        raise Conflict(
            "付款单在登记之后有修改，请重新登记", "the order changed since", code="digest_changed"
        )
    before = order.state
    if order.state == OrderState.RELEASED:
        order.move("reissue")  # its attempt failed or came back: the order is ours again, and ends
        change([order])
        if order.instruction is not None:
            close_ended_attempt(order.instruction, outcome="已在平台外支付")
    order.move("void")
    if order.approval_id is not None:
        approvals.void_case(case_id=order.approval_id, reason="已在平台外支付")
    told = record.get_channel_display()
    change(
        [order],
        is_paid_outside=True,
        return_reason=f"已于 {record.paid_on} 在平台外（{told}）支付 {record.bank_serial}".strip()[
            :200
        ],
        hold_reasons=[],
    )
    audit.record(
        "payments.order.paid_outside",
        actor=actor,
        subject=order,
        before={"state": before},
        after={"state": order.state},
        why=record.reason,
    )


def tie_outside(entries: Sequence[Any]) -> int:
    """Step: tie debits that are no instruction's to what people paid outside; returns ties made.

    By the bank's serial, or by payee account and amount within TIE_DAYS of the day named; only where one record fits.
    """
    made = 0
    for entry in entries:
        if entry.direction != "debit":
            continue
        records = OutsidePayment.objects.filter(
            state=OutsidePayment.State.AGREED,
            entry_id__isnull=True,
            order__payer_account_id=entry.account_id,
            order__amount=entry.amount,
            order__currency=entry.currency,
        )
        near = records.filter(
            paid_on__range=(
                entry.bank_date - timedelta(days=TIE_DAYS),
                entry.bank_date + timedelta(days=TIE_DAYS),
            )
        )
        fits = list(records.filter(bank_serial=entry.bank_serial)) if entry.bank_serial else []
        fits = fits or list(near.filter(order__payee_number=entry.counterparty_account))
        if len(fits) != 1:
            continue
        OutsidePayment.objects.filter(pk=fits[0].pk).update(entry_id=entry.pk)
        settle(kind="payments.outside_unproved", subject=fits[0], outcome="对账单已出现扣款")
        made += 1
    return made


@transaction.atomic(durable=True)
def alarm_unproved(*, limit: int = 200) -> int:
    """Payments outside whose debit no statement has shown for LATE_DAYS: somebody must ask. Returns how many are open."""
    rows = list(
        OutsidePayment.objects.filter(
            state=OutsidePayment.State.AGREED,
            entry_id__isnull=True,
            paid_on__lte=clock.today() - timedelta(days=LATE_DAYS),
        ).select_related("order")[:limit]
    )
    for row in rows:
        alarm(
            kind="payments.outside_unproved",
            subject=row,
            title=f"{row.order.order_no} 登记为平台外支付，对账单尚无该笔扣款",
            details={"渠道": row.get_channel_display(), "日期": str(row.paid_on)},
            next_step="核对凭证与对账单；未付款时由两人处理",
        )
    return len(rows)
