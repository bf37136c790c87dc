"""Linked payments as pure functions: which legs a plan becomes, and what the whole shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from kernel.errors import InvalidInput

WAITS = "LEG"  # how the hold reason of an instruction begins that waits for the leg before it
_ENDED_WITHOUT_MONEY = {"void", "cancelled", "failed", "returned"}
_BEFORE_BANK = {
    "draft",
    "pending_check",
    "pending_approval",
    "pending_release",
    "held",
    "rejected",
}


@dataclass(frozen=True)
class Plan:
    """What a person asks for: pay from `payer`, fed from `master`; what is left may go back up. Account ids and amounts."""

    master_account_id: int
    payer_account_id: int
    amount: Decimal
    fund: Decimal
    sweep: Decimal  # 0: nothing goes back


def require_sound(plan: Plan) -> None:
    """Raise InvalidInput, naming the field, unless the plan can be carried out leg by leg."""
    if plan.master_account_id == plan.payer_account_id:
        raise InvalidInput(
            "下拨账户与付款账户不能相同", "an account cannot fund itself", field="master"
        )
    if plan.fund <= 0:
        raise InvalidInput("下拨金额必须大于零", "funding is above zero", field="fund")
    if plan.sweep < 0:
        raise InvalidInput("上划金额不能为负", "nothing negative goes back", field="sweep")


def roll_up(states: Sequence[str]) -> str:
    """What the whole shows, from what its legs show in turn: final only when every leg is.

    `all_succeeded`; `stopped` when a leg ended without money while others have not ended so; `all_failed`;
    `draft` before any leg left our hands; else `open`.
    """
    if all(state == "succeeded" for state in states):
        return "all_succeeded"
    ended = [state in _ENDED_WITHOUT_MONEY for state in states]
    if all(ended):
        return "all_failed"
    if any(ended):
        return "stopped"
    return "draft" if all(state in _BEFORE_BANK for state in states) else "open"


def holds(before: str) -> str:
    """Why a leg waits, given what the leg before it shows; empty when it may go."""
    if before == "succeeded":
        return ""
    if before in _ENDED_WITHOUT_MONEY:
        return f"{WAITS} 前一环未成功，本环不发送"
    return f"{WAITS} 等待前一环支付成功"
