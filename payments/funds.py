"""What an own account may still spend: the bank's newest figure, less what released payments claim of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from kernel import clock
from payments import selectors
from statements import selectors as statements
from statements.balances import STALE_AFTER


@dataclass(frozen=True)
class Funds:
    """`available` None: no bank ever told a balance, which is not zero and not enough."""

    available: Decimal | None
    reserved: Decimal = Decimal("0.00")
    told_at: datetime | None = None
    has_failed: bool = False  # the last fetch failed: the figure is the one before

    @property
    def is_known(self) -> bool:
        """Whether there is a figure to reckon with."""
        return self.available is not None

    @property
    def free(self) -> Decimal:
        """What is left for further payments; zero where nothing is known."""
        return Decimal("0.00") if self.available is None else self.available - self.reserved

    @property
    def is_stale(self) -> bool:
        """Older than half an hour, or the last fetch failed: to be looked at before it is relied on."""
        return self.told_at is not None and (
            self.has_failed or clock.now() - self.told_at > STALE_AFTER
        )


def of_account(account_id: int) -> Funds:
    """The account's funds. System look-up: the caller was allowed to see the account."""
    balance = statements.latest_balance(account_id)
    if balance is None:
        return Funds(None)
    return Funds(
        available=balance.available if balance.available is not None else balance.book,
        reserved=selectors.reserved(account_id, since=balance.fetched_at),
        told_at=balance.fetched_at,
        has_failed=balance.failed_at is not None and balance.failed_at > balance.fetched_at,
    )
