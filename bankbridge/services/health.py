"""The pulse of every tick, and evidence left open by processes that died."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import structlog
from django.db import connection

from bankbridge.models import Exchange, TickHealth
from bankbridge.services import alarms
from kernel import clock

log = structlog.get_logger(__name__)
STALE_AFTER_S = 180
OPEN_EXCHANGE_MAX_S = 3600


def watched(name: str, run: Callable[[], object]) -> None:
    """Run one tick and note that it ran and whether it ended well; the error goes on to the worker's log."""
    try:
        run()
    except Exception as error:
        _note(name, error=f"{type(error).__name__}: {error}"[:300])
        raise
    _note(name, error="")


def _note(name: str, *, error: str) -> None:
    now = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO bankbridge_tickhealth (name, last_run_at, last_ok_at, last_error, runs)
            VALUES (%s, %s, %s, %s, 1)
            ON CONFLICT (name) DO UPDATE SET last_run_at = EXCLUDED.last_run_at,
                last_ok_at = COALESCE(EXCLUDED.last_ok_at, bankbridge_tickhealth.last_ok_at),
                last_error = EXCLUDED.last_error, runs = bankbridge_tickhealth.runs + 1
            """,
            [name, now, None if error else now, error],
        )


def check() -> list[str]:
    """Names of ticks that stopped; also completes exchanges whose process died as lost."""
    now = clock.now()
    Exchange.objects.filter(
        result="open", began_at__lt=now - timedelta(seconds=OPEN_EXCHANGE_MAX_S)
    ).update(result="lost", ended_at=now, error="处理进程中断，未收到应答")
    stale = list(
        TickHealth.objects.filter(
            last_run_at__lt=now - timedelta(seconds=STALE_AFTER_S)
        ).values_list("name", flat=True)
    )
    for name in stale:
        log.error("tick_stopped", tick=name)
    alarms.tell_stopped(stale)
    return stale
