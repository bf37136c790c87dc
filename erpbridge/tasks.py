"""Ticks of the queue `erp`."""

from __future__ import annotations

from celery import shared_task

from erpbridge.services import comparing, publish, running, telling


@shared_task(queue="erp", acks_late=True, ignore_result=True)
def tick_publish(**_: object) -> None:
    """Outcomes, vouchers and statements to the Outbox."""
    publish.publish()
    telling.tell()


@shared_task(queue="erp", acks_late=True, ignore_result=True)
def tick_files(**_: object) -> None:
    """Exchange folders."""
    running.run("file")


@shared_task(queue="erp", acks_late=True, ignore_result=True)
def tick_tables(**_: object) -> None:
    """Exchange tables."""
    running.run("table")


@shared_task(queue="erp", acks_late=True, ignore_result=True)
def tick_pushes(**_: object) -> None:
    """Messages pushed over TCP."""
    running.run("tcp")


@shared_task(queue="erp", acks_late=True, ignore_result=True)
def tick_webhooks(**_: object) -> None:
    """Messages pushed to webhooks."""
    running.run("api")


@shared_task(queue="erp", acks_late=True, ignore_result=True)
def tick_views(**_: object) -> None:
    """Views of finance systems."""
    running.run("db")


@shared_task(queue="erp", acks_late=True, ignore_result=True)
def tick_compare(**_: object) -> None:
    """Both sides' books, where a list came or a day passed without one."""
    comparing.compare_due()
