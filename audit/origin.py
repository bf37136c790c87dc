"""Where the act at hand comes from, and whose it is: one value for the whole request or task, written with every entry."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_origin: ContextVar[tuple[str, ...]] = ContextVar("audit_origin", default=())
_actor: ContextVar[Callable[[], object] | None] = ContextVar("audit_actor", default=None)


@contextmanager
def acting_from(origin: str, *, actor: Callable[[], object] | None = None) -> Iterator[None]:
    """Entries written inside carry `origin` unless they name their own; rows changed inside, also whom `actor` returns."""
    token = _origin.set((origin,) if origin else ())
    whose = _actor.set(actor)
    try:
        yield
    finally:
        _actor.reset(whose)
        _origin.reset(token)


def add(words: str) -> None:
    """Tell more about the act at hand: the second factor that was given for it."""
    _origin.set((*_origin.get(), words))


def current() -> str:
    """The origin of the act at hand, empty outside any."""
    return " · ".join(_origin.get())


def actor() -> tuple[int | None, str]:
    """Id and name of whoever acts; (None, "") for the system and for somebody not signed in."""
    ask = _actor.get()
    user = ask() if ask is not None else None
    pk = getattr(user, "pk", None)
    return pk, str(getattr(user, "display_name", "") or user) if pk else ""
