"""Ways back and out: return, void, cancel before sending, lift a hold, a new attempt after a definite end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.db import transaction

from approvals import services as approvals
from audit import services as audit
from kernel import clock
from kernel.errors import InvalidInput, NotAllowed
from kernel.scope import Scope
from masterdata import selectors as masterdata
from payments import selectors
from payments.models import PaymentInstruction, PaymentOrder
from payments.services.holding import change
from payments.services.writing import Change, write
from payments.states import InstructionState, OrderState

if TYPE_CHECKING:
    from masterdata.models import User


def _why(why: str) -> str:
    if not why.strip():
        raise InvalidInput("请填写原因", "a reason is wanted", field="why")
    return why.strip()


def _locked(order_id: int, version: int, actor: User) -> tuple[PaymentOrder, Scope]:
    scope = masterdata.scope_of(actor)
    order = selectors.lock_order(order_id, scope=scope)
    order.require_version(version)
    return order, scope


def _is_maker(order: PaymentOrder, actor: User) -> bool:
    return order.maker is not None and order.maker.person_key == actor.person_key


def _record(event: str, order: PaymentOrder, *, actor: User, before: str, why: str) -> None:
    audit.record(
        event,
        actor=actor,
        subject=order,
        before={"state": before},
        after={"state": order.state},
        why=why,
    )


def _demand_any(scope: Scope, rights: Sequence[str], company_id: int) -> None:
    if not any(scope.has(right, company_id) for right in rights):
        raise NotAllowed(
            "您没有执行此操作的权限", f"one of {', '.join(rights)} is missing", code="right_missing"
        )


_DESK = {
    OrderState.PENDING_CHECK: "payments.check",
    OrderState.PENDING_APPROVAL: "payments.approve",
    OrderState.PENDING_RELEASE: "payments.release",
    OrderState.HELD: "payments.lift_hold",
}


@transaction.atomic(durable=True)
def return_to_maker(*, order_id: int, version: int, actor: User, why: str) -> PaymentOrder:
    """Send an order back to its maker; all its approvals are void. By whoever's desk it lies on, or its own maker.

    Raises NotFound, NotAllowed, Conflict, InvalidInput (no reason).
    """
    order, scope = _locked(order_id, version, actor)
    before = order.state
    if not _is_maker(order, actor):
        _demand_any(scope, [_DESK.get(OrderState(before), "payments.check")], order.company_id)
    order.move("return_to_maker")
    if order.approval_id is not None:
        approvals.void_case(case_id=order.approval_id, reason=_why(why))
    change(
        [order],
        return_reason=_why(why)[:200],
        approvals_given=0,
        checker=None,
        hold_reasons=[],
        held_from="",
    )
    _record("payments.order.returned", order, actor=actor, before=before, why=_why(why))
    return order


@transaction.atomic(durable=True)
def void_order(*, order_id: int, version: int, actor: User, why: str) -> PaymentOrder:
    """End an order before release: its own maker, or a checker. Raises NotFound, NotAllowed, Conflict, InvalidInput."""
    order, scope = _locked(order_id, version, actor)
    before = order.state
    if not _is_maker(order, actor):
        _demand_any(scope, ["payments.check"], order.company_id)
    order.move("void")
    if order.approval_id is not None:
        approvals.void_case(case_id=order.approval_id, reason=_why(why))
    change([order], return_reason=_why(why)[:200])
    _record("payments.order.voided", order, actor=actor, before=before, why=_why(why))
    return order


@transaction.atomic(durable=True)
def cancel_order(*, order_id: int, version: int, actor: User, why: str) -> PaymentOrder:
    """Take back a released order while its instruction provably is not being sent (row lock). Right payments.cancel.

    Raises NotFound, NotAllowed, Conflict (sending was written: from then on it is irreversible by us), InvalidInput.
    """
    order, scope = _locked(order_id, version, actor)
    scope.demand("payments.cancel", order.company_id)
    before = order.shown_state
    order.move("cancel")
    instruction = PaymentInstruction.objects.select_for_update(no_key=True).get(
        pk=order.instruction_id or 0
    )
    write([Change(instruction, InstructionState.CANCELLED, final_at=clock.now())], move="cancel")
    change([order], return_reason=_why(why)[:200])
    _record("payments.order.cancelled", order, actor=actor, before=before, why=_why(why))
    audit.record(
        "payments.instruction.cancelled",
        actor=actor,
        subject=instruction,
        before={"state": before},
        after={"state": instruction.state},
        why=_why(why),
    )
    return order
