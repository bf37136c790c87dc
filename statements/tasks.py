"""What the clock starts: the completeness of what banks told, and the packs of receipts people asked for."""

from __future__ import annotations

from celery import shared_task

from statements.services import completeness, packs


@shared_task(queue="quiet", acks_late=True, ignore_result=True)
def tick_completeness(**_: object) -> None:
    """Count receipts against entries and look for untold days."""
    completeness.check_all()


@shared_task(queue="quiet", acks_late=True, ignore_result=True)
def tick_packs(**_: object) -> None:
    """Pack the receipts people asked for."""
    packs.make_waiting()
