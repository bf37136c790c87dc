"""Outcomes to finance systems: Outbox rows, at least once, always under the same message id."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import QuerySet

from erpbridge.models import Outbox
from kernel import clock
from masterdata.api_access import source_systems
from masterdata.selectors import scope_of_client, visible_companies
from payments.publishing import changed_orders

if TYPE_CHECKING:
    from masterdata.models import ApiClient

OVERLAP = timedelta(
    minutes=10
)  # longer than any transaction of ours: nothing slips between two polls
CHUNK = 500


def _since() -> datetime | None:
    newest = Outbox.objects.order_by("-made_at").values_list("made_at", flat=True).first()
    return None if newest is None else newest - OVERLAP


@transaction.atomic(durable=True)
def _publish_chunk(
    systems: Sequence[str], since: datetime | None, after: tuple[datetime, int] | None
) -> tuple[int, tuple[datetime, int] | None]:
    found = changed_orders(systems, since=since, after=after, limit=CHUNK)
    rows = [
        Outbox(
            message_id=f"{one.order_no}-{one.version}",
            system=one.system,
            kind="payment_result",
            order_id=one.order_id,
            state_version=one.version,
            payload=one.payload,
            made_at=clock.now(),
        )
        for one in found
    ]
    there = set(
        Outbox.objects.filter(message_id__in=[row.message_id for row in rows]).values_list(
            "message_id", flat=True
        )
    )
    fresh = [row for row in rows if row.message_id not in there]
    Outbox.objects.bulk_create(fresh, ignore_conflicts=True)
    last = (found[-1].updated_at, found[-1].order_id) if len(found) == CHUNK else None
    return len(fresh), last


def publish() -> int:
    """Write an Outbox row for each new state of an order that came from a calling system; returns rows written."""
    systems = source_systems()
    if not systems:
        return 0
    since, written = _since(), 0
    after: tuple[datetime, int] | None = None
    while True:
        count, after = _publish_chunk(systems, since, after)
        written += count
        if after is None:
            return written


def _own(client: ApiClient) -> QuerySet[Outbox]:
    """Results this client may read: two subsidiaries may run finance systems of one name, each sees its own."""
    companies = visible_companies(scope_of_client(client)).values_list("code", flat=True)
    return Outbox.objects.filter(
        system=client.source_system, payload__company_code__in=list(companies)
    )


@transaction.atomic(durable=True)
def acknowledge(*, client: ApiClient, message_ids: Sequence[str]) -> int:
    """The finance system has these results; unknown or foreign ids change nothing. Returns how many were new."""
    rows = _own(client).filter(message_id__in=message_ids, acked_at__isnull=True)
    return rows.update(acked_at=clock.now())


def results_after(*, client: ApiClient, after: int, limit: int, only_open: bool) -> list[Outbox]:
    """Results for this client's system and companies with ids above `after`, oldest first."""
    rows = _own(client).filter(pk__gt=after)
    if only_open:
        rows = rows.filter(acked_at__isnull=True)
    return list(rows.order_by("pk")[:limit])
