"""Ticks of the payment app."""

from __future__ import annotations

from celery import shared_task

from payments.services.waiting import lift_cleared


@shared_task(queue="quiet", acks_late=True, ignore_result=True)
def tick_waiting(**_: object) -> None:
    """Let instructions go on whose cause of waiting went away."""
    lift_cleared()
