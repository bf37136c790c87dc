"""Ticks of the matching."""

from __future__ import annotations

from celery import shared_task

from reconciliation.services import running


@shared_task(queue="quiet", acks_late=True, ignore_result=True)
def tick_match(**_: object) -> None:
    """Match the accounts with new lines."""
    running.run_due()
