"""Letting a held payment go on: by a third person with a reason, before release and in the queue (DOMAIN §3.2 #8a)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.db import transaction

from approvals import selectors as approvals
from audit import services as audit
from kernel import clock
from kernel.errors import Conflict, DomainError, Finding, InvalidInput, NotAllowed
from masterdata import selectors as masterdata
from payments import selectors
from payments.inforce import InForce
from payments.linked_rules import WAITS
from payments.models import PaymentInstruction, PaymentOrder
from payments.services import payee_control, ruling
from payments.services.holding import change, reasons_of
from payments.services.writing import Change, show, write
from payments.states import InstructionState, OrderState

if TYPE_CHECKING:
    from kernel.scope import Scope
    from masterdata.models import User

LIFTS = {
    OrderState.PENDING_CHECK: "lift_to_check",
    OrderState.PENDING_APPROVAL: "lift_to_approval",
    OrderState.PENDING_RELEASE: "lift_to_release",
}


def lift_hold(*, order_id: int, version: int, actor: User, why: str) -> PaymentOrder:
    """Let a held order go on from where it was: a person who is neither its maker nor its checker, with a reason.

    The reason is kept with both sides of every hit. Hits that came up since are written to the order and refused
    (Conflict `held`): nobody was shown them yet. Raises NotFound, NotAllowed, Conflict, InvalidInput.
    """
    return _settled(_lift(order_id, version, actor, why.strip(), is_released=False))


def lift_instruction(*, order_id: int, version: int, actor: User, why: str) -> PaymentOrder:
    """Let an instruction held for a changed route go by the route of now; the window rules again when it is sent.

    One a duplicate rule holds is let go as an order is: by a third person, with a reason. A broken seal is never lifted:
    cancel it. Nor is a leg that waits for the one before it.
    Raises NotAllowed (right payments.release, or payments.lift_hold for duplicates), Conflict, InvalidInput.
    """
    return _settled(_lift(order_id, version, actor, why.strip(), is_released=True))


def _settled(lifted: tuple[PaymentOrder, DomainError | None]) -> PaymentOrder:
    order, refusal = lifted
    if refusal is not None:
        raise refusal
    return order


@transaction.atomic(durable=True)
def _lift(
    order_id: int, version: int, actor: User, why: str, *, is_released: bool
) -> tuple[PaymentOrder, DomainError | None]:
    scope = masterdata.scope_of(actor)
    order = selectors.lock_order(order_id, scope=scope)
    order.require_version(version)
    if not why:
        raise InvalidInput("请填写原因", "a reason is wanted", field="why")
    if not is_released:
        scope.demand("payments.lift_hold", order.company_id)
        _demand_third_person(order, scope)
        return _lift_order(order, actor, why)
    instruction = PaymentInstruction.objects.select_for_update(no_key=True).get(
        pk=order.instruction_id or 0
    )
    is_double = instruction.hold_reason.startswith(ruling.DUPLICATE)
    scope.demand("payments.lift_hold" if is_double else "payments.release", order.company_id)
    return _lift_instruction(order, instruction, actor, why)


def _demand_third_person(order: PaymentOrder, scope: Scope) -> None:
    people = {person.person_key for person in (order.maker, order.checker) if person is not None}
    people |= approvals.persons_of_act(order.approval_id, "check")
    acting = masterdata.persons_behind(scope, "payments.lift_hold", order.company_id)
    if acting & people:
        raise NotAllowed(
            "制单人和复核人不能解除暂挂",
            "neither maker nor checker lifts a hold",
            code="same_person",
        )


def _unseen(hits: Sequence[Finding]) -> Conflict:
    return Conflict(
        "另有检查未通过，请查看后再解除：" + "；".join(hit.message for hit in hits),
        "other rules hold it: look at them first",
        code="held",
    )


def _lift_order(
    order: PaymentOrder, actor: User, why: str
) -> tuple[PaymentOrder, DomainError | None]:
    target = LIFTS.get(OrderState(order.held_from or OrderState.PENDING_CHECK), "lift_to_check")
    before = order.hold_reasons
    order.flow.target(target, order.state)
    dark = InForce().switches(order.payer_account) if target == "lift_to_release" else []
    if dark:  # ends with its cause, and by nobody's hand
        return order, _unseen(dark)
    fresh = ruling.lift(order, actor=actor, why=why, stage=ruling.SUBMIT)
    if fresh:
        change([order], hold_reasons=[*before, *reasons_of(fresh)])
        return order, _unseen(fresh)
    order.move(target)
    change([order], hold_reasons=[], held_from="")
    audit.record(
        "payments.order.hold_lifted",
        actor=actor,
        subject=order,
        before={"state": OrderState.HELD, "reasons": before},
        after={"state": order.state},
        why=why,
    )
    return order, None


def _lift_instruction(
    order: PaymentOrder, instruction: PaymentInstruction, actor: User, why: str
) -> tuple[PaymentOrder, DomainError | None]:
    if instruction.hold_reason.startswith("SEAL"):
        raise Conflict(
            "封印不符的指令不能恢复发送，只能撤销",
            "a broken seal is not lifted",
            code="seal_broken",
        )
    if instruction.hold_reason.startswith(payee_control.MOVED):
        raise Conflict(
            "收款账户在授权后已变更或停用，原指令只能撤销后按新数据重新制单",
            "the payee changed after the release: cancel it",
            code="payee",
        )
    if instruction.hold_reason.startswith(WAITS):
        raise Conflict(
            "联动付款的后续环节在前一环成功且余额到位后自动发送，不能提前恢复",
            "a later leg is sent when the one before it is paid",
            code="leg_waits",
        )
    if instruction.hold_reason.startswith(ruling.DUPLICATE):
        _demand_third_person(order, masterdata.scope_of(actor))
        if fresh := ruling.lift(order, actor=actor, why=why, stage=ruling.SEND):
            return order, _unseen(fresh)
    before = {"state": instruction.state, "reason": instruction.hold_reason}
    write([Change(instruction, InstructionState.QUEUED, not_before=clock.now())], move="lift")
    show([instruction.pk])
    order.refresh_from_db()
    audit.record(
        "payments.instruction.lifted", actor=actor, subject=instruction, before=before, why=why
    )
    return order, None
