"""Early warnings: figures, limits and released payments in, what a treasurer should hear out. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from kernel.clock import SHANGHAI
from treasury.topics import EarlyWarnings

LOW, NEAR = "treasury.balance_low", "treasury.limit_near"
NIGHT, NEW_PAYEE = "treasury.night_payment", "treasury.new_payee"


@dataclass(frozen=True)
class Warned:
    """One thing to tell: its kind and what it rests on."""

    kind: str
    reason: str


def low(available: Decimal | None, rules: EarlyWarnings) -> Warned | None:
    """Whether what an account has is below its floor; an unknown figure warns of nothing."""
    if available is None or not rules.balance_floor or available >= rules.balance_floor:
        return None
    return Warned(LOW, f"可用余额 {available:,.2f}，低于下限 {rules.balance_floor:,.2f}")


def near(used: Decimal, amount: Decimal, rules: EarlyWarnings) -> Warned | None:
    """Whether a limit is nearly used."""
    if used * 100 < amount * rules.limit_percent:
        return None
    left = max(amount - used, Decimal(0))
    return Warned(
        NEAR,
        f"已用 {used:,.2f}，占限额 {amount:,.2f} 的 {used * 100 / amount:.0f}%，余 {left:,.2f}",
    )


@dataclass(frozen=True)
class Released:
    """A payment that was just released. `is_first`: nothing was ever paid to the account."""

    amount: Decimal
    at: datetime
    is_own: bool  # to an account of the group
    is_first: bool


def odd(payment: Released, rules: EarlyWarnings) -> Iterator[Warned]:
    """What about a released payment a treasurer should look at; transfers in the house are none of it."""
    if payment.is_own:
        return
    local = payment.at.astimezone(SHANGHAI)
    if rules.is_night(local.time()) and payment.amount >= rules.night_amount:
        yield Warned(NIGHT, f"于 {local:%Y-%m-%d %H:%M} 授权，金额 {payment.amount:,.2f}")
    if payment.is_first and payment.amount >= rules.new_payee_amount:
        yield Warned(NEW_PAYEE, f"首次付往该账号，金额 {payment.amount:,.2f}")
