"""What bars a release at this moment, decided from values alone (DOMAIN §3.2 #7)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from kernel.errors import Finding

if TYPE_CHECKING:
    from payments.models import PaymentOrder


@dataclass(frozen=True)
class Surroundings:
    """What else decides whether an order may be released now."""

    is_gate_open: bool
    gate_reason: str
    is_account_live: bool  # active, direct link on, connected
    is_account_frozen: bool
    is_connection_frozen: bool
    payee_fault: str  # empty: confirmed and unchanged
    has_live_instruction: bool
    available: Decimal | None  # None: no balance was ever told, so nothing is released
    reserved: Decimal
    waits_for_funding: bool = (
        False  # a leg of a linked payment: its funds are looked for when its turn comes
    )


def before_release(order: PaymentOrder, around: Surroundings) -> list[Finding]:
    """What bars the release at this moment; every finding blocks, and goes away with its cause."""
    claims = [
        (
            "GATE",
            around.is_gate_open,
            f"对外支付总闸已关闭：{around.gate_reason}",
            "the outbound gate is closed",
        ),
        (
            "SWITCH",
            around.is_account_live,
            "付款账户未开通直联",
            "the account is not on direct link",
        ),
        (
            "FROZEN",
            not around.is_account_frozen,
            "付款账户已被冻结对外支付",
            "the account is frozen",
        ),
        (
            "FROZEN",
            not around.is_connection_frozen,
            "银行连接已冻结",
            "the bank connection is frozen",
        ),
        (
            "PAYEE",
            not around.payee_fault,
            around.payee_fault,
            "the payee is not confirmed or has changed",
        ),
        (
            "D2",
            not around.has_live_instruction,
            "该付款单已有在途指令",
            "there is a live instruction",
        ),
    ]
    found = [
        Finding(rule, "block", text, english)
        for rule, is_clear, text, english in claims
        if not is_clear
    ]
    return found + _funds(order, around)


def _funds(order: PaymentOrder, around: Surroundings) -> list[Finding]:
    if around.waits_for_funding:
        return []
    if around.available is None:
        text = "付款账户尚未取得余额，请先取余额再授权"
        return [Finding("BALANCE", "block", text, "no balance of the account was told yet")]
    if around.available - around.reserved >= order.amount:
        return []
    text = f"可用余额不足：可用 {around.available:,.2f}，已占用 {around.reserved:,.2f}，本笔 {order.amount:,.2f}"
    return [Finding("FUNDS", "block", text, "not enough available funds")]
