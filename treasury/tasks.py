"""Ticks of treasury."""

from __future__ import annotations

from celery import shared_task

from treasury import services


@shared_task(queue="quiet", acks_late=True, ignore_result=True)
def tick_warnings(**_: object) -> None:
    """Low balances, limits nearly used, payments at night or to new payees."""
    services.warn()
