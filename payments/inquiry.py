"""When to ask next, when "not found" counts, when age wants an alarm: pure, from DOMAIN §3.3."""

from __future__ import annotations

from datetime import datetime, timedelta

from payments.states import InstructionState

# Seconds after the state was entered, then between questions; after the last one: hourly, for ever.
_QUICK = (1, 2, 5, 10, 30)
_SLOW = (60, 120, 300, 900, 900)
_HOURLY = 3600
NOT_FOUND_COUNT = 3
NOT_FOUND_APART = timedelta(minutes=15)
AGE_ALARMS = (timedelta(minutes=30), timedelta(hours=4), timedelta(days=1))


def pause_s(*, state: str, asked: int, min_interval_s: int) -> int:
    """Seconds until the next question of a payment that was asked about `asked` times."""
    steps = _QUICK + _SLOW if state == InstructionState.ACCEPTED else _SLOW
    step = steps[asked] if asked < len(steps) else _HOURLY
    return max(step, min_interval_s)


def counts_as_not_found(
    *, now: datetime, sent_at: datetime, last: datetime | None, visibility_s: int
) -> bool:
    """Whether a "not found" answer counts: late enough after sending, and 15 minutes after the one counted before."""
    if now < sent_at + timedelta(seconds=visibility_s):
        return False
    return last is None or now - last >= NOT_FOUND_APART


def due_alarms(*, now: datetime, since: datetime) -> int:
    """How many of the age alarms (30 min, 4 h, 1 day) are due for a payment open since `since`."""
    return sum(now - since >= age for age in AGE_ALARMS)


def first_inquiry_at(state: str, now: datetime, min_interval_s: int = 0) -> datetime:
    """The first moment to ask about a payment that entered `state` now."""
    return now + timedelta(seconds=pause_s(state=state, asked=0, min_interval_s=min_interval_s))
