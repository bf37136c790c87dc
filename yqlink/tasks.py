"""The tick that shows that beat and a worker are alive."""

from __future__ import annotations

from celery import shared_task

from yqlink import health


@shared_task(queue="quiet", ignore_result=True)
def tick_heartbeat() -> None:
    """Leave the mark /healthz looks for."""
    health.leave_heartbeat()
