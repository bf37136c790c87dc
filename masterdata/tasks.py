"""What the clock starts: numbers of signed calls whose time is over."""

from __future__ import annotations

from celery import shared_task

from masterdata.services import signed_calls


@shared_task(queue="quiet", acks_late=True, ignore_result=True)
def tick_numbers(**_: object) -> None:
    """Drop the numbers of signed calls that can no longer be repeated."""
    signed_calls.forget_numbers()
