"""Exception cases that follow states: opened when a payment enters one that wants a person, closed when it leaves it.

Called from the two places that write states, so that no path can forget it; steps, in the transaction of the fact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from desk import services as desk
from payments.linked_rules import WAITS
from payments.results import hold_words
from payments.states import STATE_NAMES, InstructionState, OrderState

if TYPE_CHECKING:
    from payments.models import PaymentInstruction, PaymentOrder
    from payments.services.writing import Change

S = InstructionState
_ORDER = "payments.paymentorder"
_INSTRUCTION = "payments.paymentinstruction"


@dataclass(frozen=True)
class _Manner:
    """How the case of one state reads, and whose desk it is on."""

    kind: str
    severity: str
    owner_role: str
    next_step: str
    is_closable: bool = False


# DISPUTED is opened by the evidence that contradicts (payments.services.evidence), with its reason.
_MANNERS: dict[str, _Manner] = {
    S.HELD: _Manner(
        "payments.instruction_held", "high", "releaser", "核对暂挂原因后恢复发送或撤销"
    ),
    S.UNKNOWN: _Manner(
        "payments.unknown",
        "critical",
        "treasurer",
        "请勿重复付款；系统按时向银行查询，久无结果时电话联系开户行并裁定",
    ),
    S.MANUAL_HANDLING: _Manner(
        "payments.manual_handling", "normal", "treasurer", "银行人工处理中，可联系开户行催办"
    ),
    S.FAILED: _Manner(
        "payments.failed", "normal", "maker", "按银行答复更正后重付，或关闭并说明不再支付", True
    ),
    S.RETURNED: _Manner(
        "payments.returned", "high", "maker", "核对收款信息，更正后重付，或关闭并说明不再支付", True
    ),
}
_CLOSED_BY_LEAVING: dict[str, tuple[str, ...]] = {
    **{state: (manner.kind,) for state, manner in _MANNERS.items()},
    S.HELD: ("payments.instruction_held", "payments.seal_broken"),
    S.DISPUTED: ("payments.disputed",),
}


def _reason(change: Change) -> str:
    said = (
        hold_words(change.hold_reason),
        change.unknown_why,
        f"{change.bank_code} {change.bank_text}".strip(),
    )
    return next((text for text in said if text), "")


def follow_instructions(changes: Sequence[Change], *, sources: dict[int, str], target: str) -> None:
    """Instructions moved from `sources` (state by id) to `target`: close what that ends, open what it begins.

    A leg of a linked payment that waits for its turn wants nobody.
    """
    left: dict[str, list[int]] = {}
    for pk, source in sources.items():
        if source != target and source in _CLOSED_BY_LEAVING:
            left.setdefault(source, []).append(pk)
    for source, ids in left.items():
        desk.close_cases(
            kinds=_CLOSED_BY_LEAVING[source],
            subject_kind=_INSTRUCTION,
            subject_ids=ids,
            outcome=STATE_NAMES[target],
        )
    manner = _MANNERS.get(target)
    if manner is None:
        return
    desk.open_cases(
        [
            desk.NewCase(
                kind=manner.kind,
                subject_kind=_INSTRUCTION,
                subject_id=change.row.pk,
                company_id=change.row.company_id,
                title=f"指令 {change.row.instr_no} {STATE_NAMES[target]}",
                severity=manner.severity,
                reason=_reason(change),
                next_step=manner.next_step,
                owner_role=manner.owner_role,
                is_closable=manner.is_closable,
            )
            for change in changes
            if sources[change.row.pk] != target and not change.hold_reason.startswith(WAITS)
        ]
    )


def follow_orders(orders: Sequence[PaymentOrder], *, left_hold: Sequence[int]) -> None:
    """Orders that moved: a held one gets its case; those of `left_hold` close theirs."""
    states = {order.pk: order.state for order in orders}
    if left_hold:
        desk.close_cases(
            kinds=["payments.order_held"],
            subject_kind=_ORDER,
            subject_ids=left_hold,
            outcome=STATE_NAMES[states[left_hold[0]]],
        )
    held = [order for order in orders if order.state == OrderState.HELD]
    if not held:
        return
    desk.open_cases(
        [
            desk.NewCase(
                kind="payments.order_held",
                subject_kind=_ORDER,
                subject_id=order.pk,
                company_id=order.company_id,
                title=f"付款单 {order.order_no} 暂挂",
                severity="high",
                reason="；".join(hit["message"] for hit in order.hold_reasons),
                next_step="核实后由制单人、复核人以外的人解除，或退回、作废",
                owner_role="treasurer",
            )
            for order in held
        ]
    )


def close_ended_attempt(instruction: PaymentInstruction, *, outcome: str) -> None:
    """A failed or returned attempt was answered by a new one: nothing waits any more."""
    desk.close_cases(
        kinds=["payments.failed", "payments.returned"],
        subject_kind=_INSTRUCTION,
        subject_ids=[instruction.pk],
        outcome=outcome,
    )
