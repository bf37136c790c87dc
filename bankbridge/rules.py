"""When to pull what: pure functions of times and dates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TypeVar

T = TypeVar("T")
BACKOFF_S = (30, 60, 120, 300)


@dataclass(frozen=True)
class Span:
    """Days to fetch, both ends included; `closes` says that they are past, so that this fetch closes them."""

    first: date
    last: date
    closes: bool

    def days(self) -> list[date]:
        """Every day of the span."""
        return [self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1)]


def spans(
    *,
    now: datetime,
    pulled_until: date | None,
    first_days: int,
    close_from_hour: int,
    span_days: int,
) -> list[Span]:
    """What a due statement pull fetches: the past days not closed yet, once their night is over, then today.

    `pulled_until`: the last closed day; None for an account never pulled, which starts `first_days` days back.
    """
    today, yesterday = now.date(), now.date() - timedelta(days=1)
    first = (
        today - timedelta(days=first_days) if pulled_until is None else pulled_until + timedelta(1)
    )
    found: list[Span] = []
    if first <= yesterday and now.hour >= close_from_hour:
        found = pieces(first, yesterday, span_days=span_days, closes=True)
    elif first <= yesterday:
        found = pieces(first, yesterday, span_days=span_days, closes=False)
    return [*found, Span(today, today, closes=False)]


def pieces(first: date, last: date, *, span_days: int, closes: bool) -> list[Span]:
    """The days in spans no longer than the bank allows."""
    found, start, step = [], first, timedelta(days=max(1, span_days))
    while start <= last:
        end = min(last, start + step - timedelta(days=1))
        found.append(Span(start, end, closes=closes))
        start = end + timedelta(days=1)
    return found


def next_try(*, now: datetime, every_s: int, failures: int) -> datetime:
    """When to pull again: in its period, or sooner with a growing wait after failures, never given up."""
    if not failures:
        return now + timedelta(seconds=every_s)
    wait = BACKOFF_S[min(failures, len(BACKOFF_S)) - 1]
    return now + timedelta(seconds=min(wait, every_s))


def chunks(items: list[T], size: int) -> list[list[T]]:
    """The items in runs of at most `size`."""
    size = max(1, size)
    return [items[start : start + size] for start in range(0, len(items), size)]
