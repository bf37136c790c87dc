"""How the lanes to finance systems are doing: one a system and style, each with its last success, backlog, errors and slowest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Max, Min, Q

from erpbridge import selectors
from erpbridge.models import ErpSystem, Inbox, Outbox, Refusal
from kernel.scope import Scope
from masterdata.api_access import clients_seen
from masterdata.selectors import scope_of_client, visible_companies

if TYPE_CHECKING:
    from masterdata.models import ApiClient

SPAN = timedelta(hours=24)
LATE = timedelta(minutes=15)  # a message that waits longer turns the lamp


@dataclass
class Lane:
    """One way a finance system speaks with us, with its last 24 hours."""

    client: str
    source_system: str
    style: str
    system_id: int | None = None  # where it is registered
    profile: str = ""
    is_active: bool = True
    last_ok_at: datetime | None = None
    last_error: str = ""
    last_error_at: datetime | None = None
    companies: tuple[str, ...] = ()
    deliveries: int = 0
    faulty: int = 0
    refused: int = 0
    slowest_ms: int | None = None
    newest_in: datetime | None = None
    waiting: int = 0  # messages that have not left
    oldest: datetime | None = None
    unread: int = 0  # messages not acknowledged yet
    dead: int = 0
    lamp: str = field(default="closed")
    is_fetched: bool = False  # nothing is pushed: messages wait to be read

    @property
    def name(self) -> str:
        """As people say it."""
        return self.client


def _judged(lane: Lane, now: datetime) -> Lane:
    """The lamp: red where it is down or something is dead, orange where something was refused or waits too long."""
    if not lane.is_active:
        lane.lamp = "closed"
    elif lane.last_error or lane.dead:
        lane.lamp = "bad"
    elif lane.refused or (lane.oldest is not None and now - lane.oldest > LATE):
        lane.lamp = "you"
    elif lane.last_ok_at or lane.newest_in:
        lane.lamp = "ok"
    return lane


def _registered(names: Iterable[str]) -> dict[tuple[str, str], Lane]:
    rows = ErpSystem.objects.filter(client__name__in=list(names)).select_related("client")
    return {
        (one.client.name, one.style): Lane(
            client=one.client.name,
            source_system=one.client.source_system,
            style=one.style,
            system_id=one.pk,
            profile=one.get_profile_display(),
            is_active=one.is_active and one.client.is_active,
            last_ok_at=one.last_ok_at,
            last_error=one.last_error,
            last_error_at=one.last_error_at,
            is_fetched=one.style == "api" and not one.settings.get("webhook_url"),
        )
        for one in rows
    }


def _heard(names: list[str], since: datetime) -> Any:
    rows = Inbox.objects.filter(system__in=names, received_at__gte=since)
    return rows.values("system", "style").annotate(
        deliveries=Count("pk"),
        faulty=Count("pk", filter=Q(faults__gt=0)),
        slowest=Max("latency_ms"),
        newest=Max("received_at"),
    )


def _told(codes: Iterable[str]) -> dict[tuple[str, str], Mapping[str, Any]]:
    """What waits, by source system and company."""
    rows = Outbox.objects.filter(company_code__in=list(codes), acked_at=None)
    found = rows.values("system", "company_code").annotate(
        unread=Count("pk"),
        waiting=Count("pk", filter=Q(delivered_at=None, dead_at=None)),
        dead=Count("pk", filter=Q(dead_at__isnull=False, delivered_at=None)),
        oldest=Min("made_at", filter=Q(delivered_at=None, dead_at=None)),
    )
    return {(one["system"], one["company_code"]): one for one in found}


def _add_backlog(
    lane: Lane, codes: Iterable[str], told: Mapping[tuple[str, str], Mapping[str, Any]]
) -> None:
    for code in codes:
        one = told.get((lane.source_system, code))
        if one is None:
            continue
        lane.unread += one["unread"]
        lane.dead += one["dead"]
        if lane.is_fetched:
            continue  # the other side fetches: nothing waits for us
        lane.waiting += one["waiting"]
        if one["oldest"] and (lane.oldest is None or one["oldest"] < lane.oldest):
            lane.oldest = one["oldest"]


def _codes_of(client: ApiClient, codes: Mapping[int, str]) -> tuple[str, ...]:
    return tuple(sorted(codes[pk] for pk in scope_of_client(client).company_ids if pk in codes))


def lanes(scope: Scope, *, now: datetime) -> list[Lane]:
    """The lanes of the systems the viewer watches, by name: those registered, and those merely heard from in 24 hours."""
    names, since = selectors.watched_systems(scope), now - SPAN
    clients = {one.name: one for one in clients_seen(names)}
    found = _registered(names)
    for one in _heard(names, since):
        key = (one["system"], one["style"])
        client = clients[one["system"]]
        lane = found.setdefault(
            key, Lane(client.name, client.source_system, one["style"], is_active=client.is_active)
        )
        lane.deliveries, lane.faulty = one["deliveries"], one["faulty"]
        lane.slowest_ms, lane.newest_in = one["slowest"], one["newest"]
    refused = Refusal.objects.filter(system__in=names, at__gte=since, settled_at=None)
    for row in refused.values("system", "style").annotate(count=Count("pk")):
        key = (row["system"], row["style"])
        if key in found:
            found[key].refused = row["count"]
    codes = dict(visible_companies(scope).values_list("pk", "code"))
    told = _told(codes.values())
    for (name, _style), lane in found.items():
        if name in clients:
            lane.companies = _codes_of(clients[name], codes)
        if lane.system_id is not None:
            _add_backlog(lane, lane.companies, told)
    return [_judged(found[key], now) for key in sorted(found)]
