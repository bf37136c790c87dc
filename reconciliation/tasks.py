"""Ticks of the matching."""

from __future__ import annotations

from celery import shared_task

from reconciliation.services import closing, days, explaining, running, warning


@shared_task(queue="quiet", acks_late=True, ignore_result=True)
def tick_match(**_: object) -> None:
    """Match the accounts with new lines."""
    running.run_due()


@shared_task(queue="quiet", acks_late=True, ignore_result=True)
def tick_days(**_: object) -> None:
    """Reopen signed days that a later fact contradicts."""
    days.look_again()


@shared_task(queue="quiet", acks_late=True, ignore_result=True)
def tick_archives(**_: object) -> None:
    """Archive closed months that have no archive yet."""
    closing.archive_due()


@shared_task(queue="quiet", acks_late=True, ignore_result=True)
def tick_explained(**_: object) -> None:
    """Measure the days that are due."""
    explaining.measure_due()


@shared_task(queue="quiet", acks_late=True, ignore_result=True)
def tick_differences(**_: object) -> None:
    """Warn of lines the two sides tell differently."""
    warning.warn_due()
