"""The two Flows of a payment (DOMAIN §3.1–3.2): the order before release, the instruction after it."""

from __future__ import annotations

from enum import StrEnum

from kernel.states import Flow, move


class OrderState(StrEnum):
    """States of a payment order; RELEASED is never shown: from then on an order shows its latest instruction's state."""

    DRAFT = "draft"
    PENDING_CHECK = "pending_check"
    PENDING_APPROVAL = "pending_approval"
    PENDING_RELEASE = "pending_release"
    HELD = "held"
    REJECTED = "rejected"
    VOID = "void"
    RELEASED = "released"
    CANCELLED = "cancelled"


O = OrderState  # noqa: E741
_BEFORE_RELEASE = (O.PENDING_CHECK, O.PENDING_APPROVAL, O.PENDING_RELEASE)

ORDER = Flow(
    OrderState,
    move("submit", O.DRAFT, O.PENDING_CHECK),
    move("check_to_approval", O.PENDING_CHECK, O.PENDING_APPROVAL),
    move("check_to_release", O.PENDING_CHECK, O.PENDING_RELEASE),
    move("approve_step", O.PENDING_APPROVAL, O.PENDING_APPROVAL),
    move("approve_last", O.PENDING_APPROVAL, O.PENDING_RELEASE),
    move("return_to_maker", (*_BEFORE_RELEASE, O.HELD), O.REJECTED),
    move("reopen", O.REJECTED, O.DRAFT),
    move("void", (O.DRAFT, O.REJECTED, *_BEFORE_RELEASE, O.HELD), O.VOID),
    move("hold", (O.DRAFT, *_BEFORE_RELEASE), O.HELD),
    move("lift_to_check", O.HELD, O.PENDING_CHECK),
    move("lift_to_approval", O.HELD, O.PENDING_APPROVAL),
    move("lift_to_release", O.HELD, O.PENDING_RELEASE),
    move("release", O.PENDING_RELEASE, O.RELEASED),
    move("reissue", O.RELEASED, O.PENDING_CHECK),  # #18: after FAILED or RETURNED, everything again
    move("cancel", O.RELEASED, O.CANCELLED),  # with its instruction, provably before SENDING
    initial=O.DRAFT,
)


class InstructionState(StrEnum):
    """States of a payment instruction: one attempt to execute an order at a bank."""

    QUEUED = "queued"
    HELD = "held"
    SENDING = "sending"
    ACCEPTED = "accepted"
    MANUAL_HANDLING = "manual_handling"
    UNKNOWN = "unknown"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    RETURNED = "returned"
    DISPUTED = "disputed"
    CANCELLED = "cancelled"


S = InstructionState
OPEN_AT_BANK = (S.ACCEPTED, S.MANUAL_HANDLING, S.UNKNOWN)
NOT_LIVE = (S.FAILED, S.RETURNED, S.CANCELLED)
TERMINAL = (S.SUCCEEDED, S.FAILED, S.RETURNED, S.CANCELLED)

INSTRUCTION = Flow(
    InstructionState,
    move("hold", S.QUEUED, S.HELD),
    move("lift", S.HELD, S.QUEUED),
    move("cancel", (S.QUEUED, S.HELD), S.CANCELLED),
    move("claim", S.QUEUED, S.SENDING),
    move("hand_back", S.SENDING, S.QUEUED),  # NotSent only: provably no byte left
    move("lose", S.SENDING, S.UNKNOWN),  # a byte left and no trustworthy answer came
    move(
        "doubt", (S.ACCEPTED, S.MANUAL_HANDLING), S.UNKNOWN
    ),  # only where the bank itself says it does not know
    move("accept", (S.SENDING, S.UNKNOWN, S.MANUAL_HANDLING), S.ACCEPTED),
    move("handle_manually", (S.SENDING, S.UNKNOWN, S.ACCEPTED), S.MANUAL_HANDLING),
    move("succeed", (S.SENDING, *OPEN_AT_BANK), S.SUCCEEDED),
    move("fail", (S.SENDING, *OPEN_AT_BANK), S.FAILED),
    move("return", S.SUCCEEDED, S.RETURNED),  # 退票 may arrive days after success
    move("dispute", (S.SUCCEEDED, S.FAILED), S.DISPUTED),
    move("settle_succeeded", S.DISPUTED, S.SUCCEEDED),
    move("settle_failed", S.DISPUTED, S.FAILED),
    move("settle_returned", S.DISPUTED, S.RETURNED),
    initial=S.QUEUED,
)  # No path leads from UNKNOWN to QUEUED: an uncertain payment is asked about, never sent again.

RANK = {
    S.QUEUED: 1,
    S.HELD: 1,
    S.CANCELLED: 1,
    S.SENDING: 2,
    S.UNKNOWN: 3,
    S.ACCEPTED: 3,
    S.MANUAL_HANDLING: 3,
    S.SUCCEEDED: 4,
    S.FAILED: 4,
    S.RETURNED: 5,
}  # DISPUTED stands outside the rank


class ScheduleState(StrEnum):
    """States of a recurring schedule: planned by one person, confirmed by another."""

    STAGED = "staged"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    CLOSED = "closed"


SCHEDULE = Flow(
    ScheduleState,
    move("confirm", ScheduleState.STAGED, ScheduleState.CONFIRMED),
    move("reject", ScheduleState.STAGED, ScheduleState.REJECTED),
    move("close", ScheduleState.CONFIRMED, ScheduleState.CLOSED),
    initial=ScheduleState.STAGED,
)

# What two people may settle (DOMAIN §3.3, #14, #16, #19): (state, verdict) → the moves it makes.
VERDICTS: dict[tuple[str, str], tuple[str, ...]] = {
    (S.ACCEPTED, S.SUCCEEDED): ("succeed",),
    (S.MANUAL_HANDLING, S.SUCCEEDED): ("succeed",),
    (S.UNKNOWN, S.SUCCEEDED): ("succeed",),
    (S.UNKNOWN, S.FAILED): ("fail",),
    (S.UNKNOWN, S.RETURNED): ("succeed", "return"),
    (S.SUCCEEDED, S.RETURNED): ("return",),
    (S.DISPUTED, S.SUCCEEDED): ("settle_succeeded",),
    (S.DISPUTED, S.FAILED): ("settle_failed",),
    (S.DISPUTED, S.RETURNED): ("settle_returned",),
}

STATE_NAMES = {
    "draft": "草稿",
    "pending_check": "待复核",
    "pending_approval": "待审批",
    "pending_release": "待授权",
    "held": "暂挂",
    "rejected": "已退回",
    "void": "作废",
    "released": "已授权",
    "cancelled": "已撤销",
    "queued": "待发送",
    "sending": "发送中",
    "accepted": "银行已受理",
    "manual_handling": "银行落地处理",
    "unknown": "结果未知",
    "succeeded": "支付成功",
    "failed": "支付失败",
    "returned": "已退票",
    "disputed": "状态存疑",
}
