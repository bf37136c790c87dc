"""What the clock starts: packs for auditors."""

from __future__ import annotations

from celery import shared_task

from ledger.services import packs


@shared_task(queue="quiet", acks_late=True, ignore_result=True)
def tick_packs(**_: object) -> None:
    """Make every pack somebody asked for; a second worker finds nothing to claim."""
    packs.make_waiting()
