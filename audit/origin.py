"""Where the act at hand comes from: one value for the whole request or task, written with every entry."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_origin: ContextVar[tuple[str, ...]] = ContextVar("audit_origin", default=())


@contextmanager
def acting_from(origin: str) -> Iterator[None]:
    """Entries written inside carry `origin` unless they name their own."""
    token = _origin.set((origin,) if origin else ())
    try:
        yield
    finally:
        _origin.reset(token)


def add(words: str) -> None:
    """Tell more about the act at hand: the second factor that was given for it."""
    _origin.set((*_origin.get(), words))


def current() -> str:
    """The origin of the act at hand, empty outside any."""
    return " · ".join(_origin.get())
