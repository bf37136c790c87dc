"""Ticks of receipts."""

from __future__ import annotations

from celery import shared_task

from receipts.services import ageing, arriving, booking, collecting, confirming


@shared_task(queue="quiet", acks_late=True, ignore_result=True)
def tick_arrivals(**_: object) -> None:
    """Notices for new credits, and own payments that turned out to have come back."""
    arriving.take_arrivals()
    arriving.settle_returns()


@shared_task(queue="quiet", acks_late=True, ignore_result=True)
def tick_schedules(**_: object) -> None:
    """Runs of the collection schedules whose moment has come."""
    collecting.plan_runs()


@shared_task(queue="quiet", acks_late=True, ignore_result=True)
def tick_booking(**_: object) -> None:
    """What books itself, and what the finance system answered about what is booked."""
    booking.book_by_strategy()
    confirming.follow()


@shared_task(queue="quiet", acks_late=True, ignore_result=True)
def tick_unclaimed(**_: object) -> None:
    """Money that nobody has claimed for too long."""
    ageing.ring()
