"""Ticks of what spans all apps."""

from __future__ import annotations

from celery import shared_task

from yqlink.workspace import evidence, watch


@shared_task(queue="bank", acks_late=True, ignore_result=True)
def tick_evidence(**_: object) -> None:
    """Make the evidence bundles people asked for: in the queue of the workers that can open what was sealed."""
    evidence.make_waiting()


@shared_task(queue="bank", acks_late=True, ignore_result=True)
def tick_watch(**_: object) -> None:
    """Look whether somebody changed the database behind the platform: where the anchor file is."""
    watch.watch()
