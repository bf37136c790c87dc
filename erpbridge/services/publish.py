"""Messages to finance systems: Outbox rows, at least once, always under the same message id."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction

from erpbridge.contract import Kind, Outgoing
from erpbridge.models import Outbox
from erpbridge.selectors import own_messages
from kernel import clock
from masterdata.api_access import source_systems
from masterdata.selectors import outbound_gate, scope_of_client
from payments.publishing import changed_orders

if TYPE_CHECKING:
    from masterdata.models import ApiClient

OVERLAP = timedelta(
    minutes=10
)  # longer than any transaction of ours: nothing slips between two polls
CHUNK = 500
RETRY_S = (10, 30, 60, 300, 900, 3600)  # then hourly: a message waits, it is never dropped


_EPOCH_STEP = 1_000_000  # versions one epoch has room for


def told_version(version: int) -> int:
    """The version a state is told under: above everything told before a restore, so that no later state looks older."""
    return (outbound_gate().epoch - 1) * _EPOCH_STEP + version


def _since(kind: Kind) -> datetime | None:
    rows = Outbox.objects.filter(kind=kind).order_by("-made_at")
    newest = rows.values_list("made_at", flat=True).first()
    return None if newest is None else newest - OVERLAP


def _publish_chunk(
    systems: Sequence[str],
    since: datetime | None,
    after: tuple[datetime, int] | None,
    made_at: datetime,
) -> tuple[int, tuple[datetime, int] | None]:
    found = changed_orders(systems, since=since, after=after, limit=CHUNK)
    raised = told_version(0)
    rows = [
        Outbox(
            message_id=f"{one.order_no}-{raised + one.version}",
            system=one.system,
            company_code=str(one.payload["company_code"]),
            kind=Kind.PAYMENT_RESULT,
            subject_id=one.order_id,
            state_version=raised + one.version,
            payload=one.payload,
            made_at=made_at,
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


@transaction.atomic(durable=True)
def publish() -> int:
    """Write an Outbox row for each new state of an order that came from a calling system; returns rows written.

    All that is new, or nothing: the newest row written is what the next look goes on from.
    """
    systems = source_systems()
    if not systems:
        return 0
    since, written, began = _since(Kind.PAYMENT_RESULT), 0, clock.now()
    after: tuple[datetime, int] | None = None
    while True:
        count, after = _publish_chunk(systems, since, after, began)
        written += count
        if after is None:
            return written


def messages_after(
    *, client: ApiClient, kind: str = "", after: int, limit: int, only_open: bool
) -> list[Outbox]:
    """Messages (of one kind, or of all) for this client's system and companies with ids above `after`, oldest first."""
    rows = own_messages(client, scope=scope_of_client(client)).filter(pk__gt=after)
    if kind:
        rows = rows.filter(kind=kind)
    if only_open:
        rows = rows.filter(acked_at__isnull=True)
    return list(rows.order_by("pk")[:limit])


@transaction.atomic(durable=True)
def claim_deliveries(
    *, client: ApiClient, limit: int, lease_s: int = 120
) -> list[tuple[int, Outgoing]]:
    """Messages due for this client, for a style that carries them itself; each is this caller's for `lease_s` seconds."""
    now = clock.now()
    rows = list(
        own_messages(client, scope=scope_of_client(client))
        .filter(delivered_at=None, acked_at=None, dead_at=None, next_attempt_at__lte=now)
        .select_for_update(skip_locked=True)
        .order_by("pk")[:limit]
    )
    Outbox.objects.filter(pk__in=[row.pk for row in rows]).update(
        next_attempt_at=now + timedelta(seconds=lease_s)
    )
    return [
        (
            row.pk,
            Outgoing(
                row.message_id,
                Kind(row.kind),
                row.company_code,
                items_of(row),
                row.state_version,
            ),
        )
        for row in rows
    ]


def items_of(row: Outbox) -> list[dict[str, Any]]:
    """The rows a message consists of."""
    items: list[dict[str, Any]] = row.payload.get("items") or [row.payload]
    return items


@transaction.atomic(durable=True)
def note_delivered(*, ids: Sequence[int]) -> None:
    """These messages left; whether they are stored over there is what acknowledgements say."""
    rows = Outbox.objects.filter(pk__in=ids, delivered_at=None).select_for_update()
    for row in rows:
        row.delivered_at, row.attempts, row.last_error = clock.now(), row.attempts + 1, ""
        row.save(update_fields=["delivered_at", "attempts", "last_error"])


@transaction.atomic(durable=True)
def note_not_delivered(*, ids: Sequence[int], why: str, tries_max: int | None = None) -> int:
    """These could not be handed over; they are tried again later: for ever, or until `tries_max`, then a person sends them.

    Returns how many were given up now.
    """
    given_up = 0
    for row in Outbox.objects.filter(pk__in=ids, delivered_at=None).select_for_update():
        pause = RETRY_S[min(row.attempts, len(RETRY_S) - 1)]
        row.attempts, row.last_error = row.attempts + 1, why[:300]
        row.next_attempt_at = clock.now() + timedelta(seconds=pause)
        if tries_max is not None and row.attempts >= tries_max:
            row.dead_at, given_up = clock.now(), given_up + 1
        row.save(update_fields=["attempts", "last_error", "next_attempt_at", "dead_at"])
    return given_up
