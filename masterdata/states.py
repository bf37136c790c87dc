"""Life of a payee account: staged by one person, confirmed by another."""

from __future__ import annotations

from enum import StrEnum

from kernel.states import Flow, move


class PayeeState(StrEnum):
    """States of a counterparty's bank account."""

    STAGED = "staged"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    CLOSED = "closed"


COUNTERPARTY_ACCOUNT = Flow(
    PayeeState,
    move("confirm", PayeeState.STAGED, PayeeState.CONFIRMED),
    move("reject", PayeeState.STAGED, PayeeState.REJECTED),
    move("close", PayeeState.CONFIRMED, PayeeState.CLOSED),
    initial=PayeeState.STAGED,
)
