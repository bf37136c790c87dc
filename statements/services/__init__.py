"""Every write of what banks told us."""

from statements.services.recording import (
    check_day,
    close_day,
    record_balance_failure,
    record_balances,
    record_entries,
    take_in,
)

__all__ = [
    "check_day",
    "close_day",
    "record_balance_failure",
    "record_balances",
    "record_entries",
    "take_in",
]
