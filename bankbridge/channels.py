"""Channels as the operations room shows them: lamp, last contact, latency, unknowns, days a certificate is still good."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from django.db import connection

from bankadapters.profiles import CERTIFICATE_UNTIL
from bankbridge import scorecard
from bankbridge.selectors import last_contact, open_by_connection
from kernel.scope import Scope
from masterdata import selectors as masterdata
from masterdata.bank_selectors import bank_names

if TYPE_CHECKING:
    from masterdata.models import Connection

WARN_DAYS = (60, 30, 7)  # a certificate that ends is told of from the first on


@dataclass(frozen=True)
class Traffic:
    """What was said on one connection in some time: exchanges, how many were answered, and how long answers took, in ms."""

    exchanges: int = 0
    answered: int = 0
    open: int = 0
    p50: int | None = None
    p95: int | None = None
    p99: int | None = None

    @property
    def not_answered(self) -> int:
        """Those that ended without an answer that could be read."""
        return self.exchanges - self.answered - self.open


@dataclass(frozen=True, kw_only=True)
class Lamp:
    """How one connection stands; `lamp` is ok, bad or closed."""

    id: int
    name: str
    lamp: str
    is_frozen: bool
    is_active: bool
    last_ok_at: datetime | None
    last_error_at: datetime | None
    last_error: str
    unknown: int
    waiting: int


@dataclass(frozen=True, kw_only=True)
class Channel:
    """One connection as the operations room shows it."""

    state: Lamp
    bank: str
    channel: str
    hour: Traffic
    today: scorecard.Score
    certificate_until: date | None
    certificate_days: int | None

    @property
    def certificate_tone(self) -> str:
        """How urgent a new certificate is."""
        if self.certificate_days is None:
            return "closed"
        if self.certificate_days <= WARN_DAYS[2]:
            return "bad"
        return "you" if self.certificate_days <= WARN_DAYS[0] else "ok"


def lamp(row: Connection, ok: datetime | None, bad: datetime | None) -> str:
    """Green when the newest contact went well, red when it did not, grey when nothing was said or nothing may be."""
    if not row.is_active or row.is_frozen:
        return "closed"
    if ok is None and bad is None:
        return "closed"
    return "ok" if bad is None or (ok is not None and ok > bad) else "bad"


def certificate_until(row: Connection) -> date | None:
    """The day until which the front-end's certificate or key is good; None where nobody entered one that is a day."""
    try:
        return date.fromisoformat(str(row.parameters.get(CERTIFICATE_UNTIL, "")).strip())
    except ValueError:
        return None


def lamps(scope: Scope) -> list[Lamp]:
    """How the viewer's connections stand now."""
    counts = open_by_connection()
    return [_lamp(row, counts) for row in masterdata.visible_connections(scope)]


def _lamp(row: Connection, counts: dict[int, dict[str, int]]) -> Lamp:
    ok, bad, why = last_contact(row.pk)
    mine = counts.get(row.pk, {})
    return Lamp(
        id=row.pk,
        name=row.name,
        lamp=lamp(row, ok, bad),
        is_frozen=row.is_frozen,
        is_active=row.is_active,
        last_ok_at=ok,
        last_error_at=bad,
        last_error=why,
        unknown=mine.get("unknown", 0),
        waiting=mine.get("queued", 0) + mine.get("sending", 0),
    )


def channels(scope: Scope, *, now: datetime) -> list[Channel]:
    """Connections with their lamps, the figures of the last hour and of today."""
    rows = list(masterdata.visible_connections(scope).defer(None))
    ids, today = [row.pk for row in rows], now.date()
    counts, hour = open_by_connection(), traffic(ids, since=now - timedelta(hours=1))
    day = scorecard.scores(ids, first=today, last=today, unit="day")
    names = bank_names()
    found = []
    for row in rows:
        until = certificate_until(row)
        found.append(
            Channel(
                state=_lamp(row, counts),
                bank=names.get(row.bank_slug, row.bank_slug),
                channel=row.get_channel_display(),
                hour=hour.get(row.pk, Traffic()),
                today=day.get((row.pk, today)) or scorecard.Score(today),
                certificate_until=until,
                certificate_days=None if until is None else (until - today).days,
            )
        )
    return found


def traffic(connection_ids: Iterable[int], *, since: datetime) -> dict[int, Traffic]:
    """What was said on each of these connections since then. System look-up."""
    with connection.cursor() as cursor:
        cursor.execute(_TRAFFIC, {"ids": list(connection_ids), "since": since})
        return {
            row[0]: Traffic(*row[1:4], *(row[4] or (None, None, None))) for row in cursor.fetchall()
        }


_TRAFFIC = """
    SELECT connection_id, count(*), count(*) FILTER (WHERE result = 'answered'),
        count(*) FILTER (WHERE result = 'open'),
        percentile_disc(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY latency_ms) FILTER (WHERE result = 'answered')
    FROM bankbridge_exchange
    WHERE connection_id = ANY(%(ids)s) AND began_at >= %(since)s
    GROUP BY connection_id
"""
