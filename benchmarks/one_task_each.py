"""The alternative the goal names: one Celery task per payment, its own durable transaction."""

from __future__ import annotations

import os
from typing import Any

import psycopg2
from celery import Celery

app = Celery("one_task_each", broker=os.environ.get("BENCH_BROKER", "memory://"))
app.conf.update(task_ignore_result=True, task_acks_late=True, worker_prefetch_multiplier=4)
_connection: list[Any] = []


@app.task(name="benchmarks.pay")  # type: ignore[untyped-decorator]  # celery's decorator has no types
def pay(number: int) -> None:
    """Two durable commits, as the outbox makes: taken, answered."""
    if not _connection:
        _connection.append(psycopg2.connect(os.environ["BENCH_DATABASE"]))
    for state in ("sending", "accepted"):
        with _connection[0] as connection, connection.cursor() as cursor:
            cursor.execute("UPDATE bench_outbox SET state = %s WHERE id = %s", [state, number])
