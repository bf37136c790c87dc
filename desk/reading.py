"""Which bank card numbers the request at hand has shown in full: noted where numbers are drawn, written to the trail at its end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_noted: ContextVar[dict[str, None] | None] = ContextVar("numbers_shown", default=None)


def is_card(number: str) -> bool:
    """Whether a number looks like a person's bank card (UnionPay: 16 to 19 digits, 62…), right or mistyped."""
    return number.isdigit() and 16 <= len(number) <= 19 and number.startswith("62")


@contextmanager
def noting() -> Iterator[dict[str, None]]:
    """The card numbers shown in full inside, each once, in order."""
    numbers: dict[str, None] = {}
    token = _noted.set(numbers)
    try:
        yield numbers
    finally:
        _noted.reset(token)


def note(number: str) -> str:
    """The number, which is shown in full: one that is no card's, or shown outside of any request, is noted nowhere."""
    numbers = _noted.get()
    if numbers is not None and is_card(number):
        numbers[number] = None
    return number
