"""Ticks of the queue `bank` (task routes in the settings). Each finds its work in the database; running twice, late or not at all harms nothing."""

from __future__ import annotations

from celery import shared_task
from celery.signals import worker_ready

from bankbridge.services import (
    alarms,
    certificates,
    checking,
    collecting,
    dispatch,
    health,
    inquiry,
    profiles,
    pull,
    receipt_pull,
)


@shared_task(acks_late=True, ignore_result=True)
def tick_dispatch(**_: object) -> None:
    """Hand queued batches to their banks."""
    health.watched("dispatch", dispatch.tick)


@shared_task(acks_late=True, ignore_result=True)
def tick_reap(**_: object) -> None:
    """Turn abandoned sends into UNKNOWN."""
    health.watched("reap", inquiry.reap)


@shared_task(acks_late=True, ignore_result=True)
def tick_inquire(**_: object) -> None:
    """Ask about payments whose end is not known."""
    health.watched("inquire", inquiry.tick)


@shared_task(acks_late=True, ignore_result=True)
def tick_balances(**_: object) -> None:
    """Pull the balances that are due."""
    health.watched("balances", pull.balances)


@shared_task(acks_late=True, ignore_result=True)
def tick_statements(**_: object) -> None:
    """Pull the statements that are due."""
    health.watched("statements", pull.statements)


@shared_task(acks_late=True, ignore_result=True)
def tick_receipts(**_: object) -> None:
    """Pull the electronic receipts that are due."""
    health.watched("receipts", receipt_pull.receipts)


@shared_task(acks_late=True, ignore_result=True)
def tick_collect(**_: object) -> None:
    """Fetch what collection schedules of head office ask for."""
    health.watched("collect", collecting.collect)


@shared_task(acks_late=True, ignore_result=True)
def tick_health(**_: object) -> None:
    """See whether the other ticks still run."""
    health.watched("health", health.check)


@shared_task(acks_late=True, ignore_result=True)
def tick_alarms(**_: object) -> None:
    """See which channels are down, slow, backed up or full of open outcomes."""
    health.watched("alarms", alarms.watch)


@shared_task(acks_late=True, ignore_result=True)
def tick_checks(**_: object) -> None:
    """Test what banks let us do with the accounts somebody asked about."""
    health.watched("checks", checking.run)


@shared_task(acks_late=True, ignore_result=True)
def tick_certificates(**_: object) -> None:
    """See which certificates of bank front-ends end."""
    certificates.check()


@worker_ready.connect
def write_profiles(**_: object) -> None:
    """A worker that starts writes down what its adapters declare."""
    profiles.sync()
