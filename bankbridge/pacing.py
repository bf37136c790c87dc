"""Pacing: what a bank wants between two messages is kept by all workers together, by one row of the database."""

from __future__ import annotations

import hashlib
import time
from datetime import datetime, timedelta

from django.db import connection

from bankadapters.contract import Connection, Profile
from bankadapters.errors import NotSent
from kernel import clock

WAIT_MAX_S = 30.0
MARGIN_S = 0.02  # a message is on its way a little after its turn began
_KEY_MAX = 120


def pace_key(connection_id: int, said: Connection, profile: Profile) -> str:
    """Who is paced together: the connection, or where the bank counts by login, everybody of that login."""
    login = said.parameters.get(profile.paced_by, "") if profile.paced_by else ""
    if not login:
        return f"connection:{connection_id}"
    key = f"{profile.slug}:{profile.paced_by}={login}"
    return (
        key
        if len(key) <= _KEY_MAX
        else f"{profile.slug}:{hashlib.sha256(key.encode()).hexdigest()}"
    )


class SharedPacer:
    """Turns of one key, taken in the database: each waits for its own, none is given twice."""

    def __init__(self, key: str) -> None:
        self.key = key

    def turn(self, kind: str, interval_s: float) -> None:
        """Wait for the next turn. Raises NotSent when it is more than half a minute away: nothing has left yet."""
        at = self._reserved(kind, interval_s + MARGIN_S)
        wait_s = (at - clock.now()).total_seconds()
        if wait_s > 0:
            time.sleep(min(wait_s, WAIT_MAX_S))

    def _reserved(self, kind: str, interval_s: float) -> datetime:
        """The moment of our turn; one further ahead than any could be was taken on another clock and counts for nothing."""
        now, latest = clock.now(), clock.now() + timedelta(seconds=WAIT_MAX_S)
        absurd = latest + timedelta(seconds=interval_s)
        with connection.cursor() as cursor:
            cursor.execute(
                _TAKE,
                {
                    "key": self.key,
                    "kind": kind,
                    "now": now,
                    "latest": latest,
                    "absurd": absurd,
                    "interval": interval_s,
                },
            )
            row = cursor.fetchone()
        if row is None:
            raise NotSent(f"too many messages wait for their turn at the bank ({kind})")
        at: datetime = row[0]
        return at


_TAKE = """
    INSERT INTO bankbridge_pace AS pace (key, kind, next_at)
    VALUES (%(key)s, %(kind)s, %(now)s + make_interval(secs => %(interval)s))
    ON CONFLICT (key, kind) DO UPDATE SET next_at = make_interval(secs => %(interval)s) + CASE
        WHEN pace.next_at > %(absurd)s THEN %(now)s ELSE greatest(pace.next_at, %(now)s) END
    WHERE pace.next_at <= %(latest)s OR pace.next_at > %(absurd)s
    RETURNING next_at - make_interval(secs => %(interval)s)
"""
