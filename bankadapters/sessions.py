"""A session store for one process: tools and tests; the bridge keeps its own with the connection."""

from __future__ import annotations

import threading

from bankadapters.contract import Session


class MemorySessions:
    """Keeps the session in memory, with a lock that lets one thread sign on at a time."""

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
