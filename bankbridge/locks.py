"""Advisory locks of PostgreSQL that live as long as a database session: a killed process frees them at once.

None of them needs an open transaction, so they may be held while a bank is being talked to.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from django.db import connection, connections
from django.db.utils import Error

SIGN_ON = 7321  # (class, connection id): one sign-on at a time
LINE = 7322  # (class, connection id × 64 + n): conversations in flight with one connection
INQUIRY = 7323  # (class, connection id): one inquiry run at a time
LINES_MAX = 64


@contextmanager
def held(kind: int, key: int, *, wait_s: int) -> Iterator[None]:
    """Hold the lock on a database connection of its own; raises OperationalError after `wait_s` seconds."""
    own = connections["default"].copy()
    try:
        with own.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, false)", [f"{wait_s}s"])
            cursor.execute("SELECT pg_advisory_lock(%s, %s)", [kind, key])
        yield
    finally:
        own.close()  # ends the session, and with it the lock


@contextmanager
def tried(kind: int, key: int) -> Iterator[bool]:
    """Hold the lock on this thread's connection if it is free; yields whether it was."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [kind, key])
        got = bool(cursor.fetchone()[0])
    try:
        yield got
    finally:
        if got:
            with suppress(Error), connection.cursor() as cursor:  # a broken session holds no lock
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [kind, key])


@contextmanager
def line(connection_id: int, lines: int) -> Iterator[bool]:
    """Take one of the connection's `lines`, over all processes; yields False when all are busy."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT n FROM generate_series(0, %s) AS n WHERE pg_try_advisory_lock(%s, %s + n) LIMIT 1
            """,
            [min(lines, LINES_MAX) - 1, LINE, connection_id * LINES_MAX],
        )
        row = cursor.fetchone()
    try:
        yield row is not None
    finally:
        if row is not None:
            with suppress(Error), connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_advisory_unlock(%s, %s)",
                    [LINE, connection_id * LINES_MAX + row[0]],
                )
