"""Sessions: kept by a store, opened one at a time, renewed when the bank refuses them or their day is over."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from typing import cast

from bankadapters.contract import Session, SessionStore
from kernel import clock


class MemorySessions:
    """A store for one process: tools and tests; the bridge keeps its own with the connection."""

    def __init__(self, session: Session | None = None) -> None:
        self._session = session
        self._lock = threading.RLock()

    def load(self) -> Session | None:
        """The session, if there is one."""
        return self._session

    def save(self, session: Session | None) -> None:
        """Keep or forget the session."""
        self._session = session

    def locked(self) -> object:
        """Context manager: one sign-on at a time."""
        return self._lock


class SessionKeeper:
    """Holds a session for as long as the bank honours it; `open_session` signs on and answers the new one.

    With `daily` a session opened on an earlier day is replaced before it is used.
    """

    def __init__(
        self, store: SessionStore, open_session: Callable[[], Session], *, daily: bool = False
    ) -> None:
        self.store, self.open_session, self.daily = store, open_session, daily

    def token(self, *, rejected: str = "") -> str:
        """A token other than `rejected`; signs on when there is none. One sign-on at a time. Raises NotSent."""
        session = self.store.load()
        if not self._is_good(session, rejected):
            with self.locked():
                session = self.store.load()
                if not self._is_good(session, rejected):
                    session = self.renew()
        return session.token.reveal() if session is not None else ""

    def renew(self) -> Session:
        """Sign on whatever there was; the caller holds the lock."""
        session = self.open_session()
        self.store.save(session)
        return session

    def known(self) -> str:
        """The token that is kept, "" without one; never signs on."""
        session = self.store.load()
        return "" if session is None else session.token.reveal()

    def locked(self) -> contextlib.AbstractContextManager[object]:
        """One sign-on at a time for the connection."""
        return cast(contextlib.AbstractContextManager[object], self.store.locked())

    def _is_good(self, session: Session | None, rejected: str) -> bool:
        if session is None or session.token.reveal() == rejected:
            return False
        return (
            not self.daily or session.opened_at.astimezone(clock.SHANGHAI).date() == clock.today()
        )
