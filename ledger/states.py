"""States of a voucher and of a period, and every legal move between them."""

from __future__ import annotations

from enum import StrEnum

from kernel.states import Flow, move


class VoucherState(StrEnum):
    """Where a voucher stands; from POSTED on its content never changes."""

    DRAFT = "draft"
    POSTED = "posted"
    ACKED = "acked"
    REVERSED = "reversed"
    VOID = "void"


V = VoucherState

VOUCHER = Flow(
    V,
    move("post", V.DRAFT, V.POSTED),
    move("void", V.DRAFT, V.VOID),  # a draft has no number, so voiding it leaves no gap
    move("acknowledge", V.POSTED, V.ACKED),
    move("reverse", (V.POSTED, V.ACKED), V.REVERSED),  # only beside a posted red voucher
    initial=V.DRAFT,
)


class PeriodState(StrEnum):
    """Whether a company's month still takes entries."""

    OPEN = "open"
    LOCKED = "locked"


PERIOD = Flow(
    PeriodState,
    move("lock", PeriodState.OPEN, PeriodState.LOCKED),
    move("reopen", PeriodState.LOCKED, PeriodState.OPEN),
    initial=PeriodState.OPEN,
)
