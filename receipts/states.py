"""The states of an arrival notice and every legal move between them (DOMAIN §4)."""

from __future__ import annotations

from enum import StrEnum

from kernel.states import Flow, move


class NoticeState(StrEnum):
    """Where an arrival notice stands."""

    FETCHED = "fetched"
    SUPPLEMENTING = "supplementing"
    PENDING_REVIEW = "pending_review"
    APPROVED = "approved"
    BOOKED = "booked"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    NON_BUSINESS = "non_business"
    SUSPENSE = "suspense"
    REVERSED = "reversed"


S = NoticeState
NOTICE = Flow(
    NoticeState,
    move("claim", (S.FETCHED, S.REJECTED), S.SUPPLEMENTING),
    move("hand_back", S.SUPPLEMENTING, S.FETCHED),
    move("submit", S.SUPPLEMENTING, S.PENDING_REVIEW),
    move("withdraw", S.PENDING_REVIEW, S.SUPPLEMENTING),
    move("approve", S.PENDING_REVIEW, S.APPROVED),
    move("reject", S.PENDING_REVIEW, S.REJECTED),
    move("amend", S.APPROVED, S.SUPPLEMENTING),  # a change voids the review
    move("set_aside", (S.FETCHED, S.SUPPLEMENTING, S.PENDING_REVIEW, S.REJECTED), S.NON_BUSINESS),
    move("suspend", S.PENDING_REVIEW, S.SUSPENSE),
    move("identify", S.SUSPENSE, S.SUPPLEMENTING),
    move(
        "shelve", S.SUPPLEMENTING, S.SUSPENSE
    ),  # not identified after all: it stays where it is booked
    move("book", S.APPROVED, S.BOOKED),
    move("confirm", S.BOOKED, S.CONFIRMED),
    move(
        "reverse",
        (
            *(S.FETCHED, S.SUPPLEMENTING, S.PENDING_REVIEW, S.REJECTED, S.APPROVED),
            *(S.BOOKED, S.CONFIRMED, S.SUSPENSE),
        ),
        S.REVERSED,
    ),
    move("reopen", (S.NON_BUSINESS, S.REVERSED), S.SUPPLEMENTING),
    initial=S.FETCHED,
)

# Nobody has said yet whose money it is: what the ageing list counts.
UNCLAIMED = (S.FETCHED, S.SUPPLEMENTING, S.REJECTED, S.SUSPENSE)
OPEN = (*UNCLAIMED, S.PENDING_REVIEW, S.APPROVED)
BOOKED = (S.BOOKED, S.CONFIRMED)


class RunState(StrEnum):
    """Where one run of a collection schedule stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "run_failed"
    COVERED = "covered"  # missed, and made up by a later run


RUN = Flow(
    RunState,
    move("start", RunState.WAITING, RunState.RUNNING),
    move("end", RunState.RUNNING, RunState.DONE),
    move("fail", RunState.RUNNING, RunState.FAILED),
    move(
        "again", RunState.RUNNING, RunState.WAITING
    ),  # whoever had it died: fetching may be repeated
    initial=RunState.WAITING,
)
