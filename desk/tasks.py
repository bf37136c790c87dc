"""What the clock starts: waiting exports."""

from __future__ import annotations

from celery import shared_task

from desk import exports, selectors


@shared_task(queue="quiet", acks_late=True, ignore_result=True)
def tick_exports(**_: object) -> None:
    """Run every export that waits; a second worker finds nothing to claim."""
    for job_id in selectors.waiting_jobs(kind="export"):
        exports.run(job_id=job_id)
