"""States of what people sign: the reconciliation statement, the day's sign-off, the month's close."""

from __future__ import annotations

from enum import StrEnum

from kernel.states import Flow, move


class StatementState(StrEnum):
    """Where a bank reconciliation statement stands."""

    PREPARED = "prepared"
    REVIEWED = "reviewed"
    REJECTED = "rejected"
    SUPERSEDED = "superseded"


S = StatementState

STATEMENT = Flow(
    S,
    move("review", S.PREPARED, S.REVIEWED),
    move("send_back", S.PREPARED, S.REJECTED),
    move("supersede", (S.PREPARED, S.REVIEWED), S.SUPERSEDED),  # a newer version of the same day
    initial=S.PREPARED,
)


class DayState(StrEnum):
    """Where the sign-off of an account's day stands."""

    SIGNED = "signed"
    REOPENED = "reopened"


DAY = Flow(
    DayState,
    move("reopen", DayState.SIGNED, DayState.REOPENED),  # a later fact changed the day
    initial=DayState.SIGNED,
)
