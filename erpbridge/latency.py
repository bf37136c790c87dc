"""How long deliveries of finance systems took here, and how long our messages took to reach them and be confirmed. Reads only."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection


@dataclass(frozen=True)
class Heard:
    """Deliveries of one system and kind in some time; milliseconds from receipt to answer."""

    system: str
    kind: str
    count: int
    faulty: int
    p50: int | None
    p95: int | None
    p99: int | None
    slowest: int | None


@dataclass(frozen=True)
class Told:
    """Messages to one system and of one kind made in some time; milliseconds from the fact to delivery, and to their confirmation."""

    system: str
    kind: str
    count: int
    delivered: int
    confirmed: int
    delivery: Sequence[int | None]
    confirmation: Sequence[int | None]


_PARTS = "ARRAY[0.5, 0.95, 0.99, 1]"
_HEARD = f"""
    SELECT system, kind, count(*), count(*) FILTER (WHERE faults > 0),
        percentile_disc({_PARTS}) WITHIN GROUP (ORDER BY latency_ms) FILTER (WHERE status > 0)
    FROM erpbridge_inbox
    WHERE system = ANY(%(names)s) AND received_at >= %(since)s AND received_at < %(until)s
    GROUP BY system, kind ORDER BY system, kind
"""  # noqa: S608 - put together from constants
_TOLD = f"""
    SELECT system, kind, count(*), count(delivered_at), count(acked_at),
        percentile_disc({_PARTS}) WITHIN GROUP (ORDER BY round(extract(epoch FROM delivered_at - made_at) * 1000)::bigint)
            FILTER (WHERE delivered_at IS NOT NULL),
        percentile_disc({_PARTS}) WITHIN GROUP (ORDER BY round(extract(epoch FROM acked_at - made_at) * 1000)::bigint)
            FILTER (WHERE acked_at IS NOT NULL)
    FROM erpbridge_outbox
    WHERE company_code = ANY(%(codes)s) AND made_at >= %(since)s AND made_at < %(until)s
    GROUP BY system, kind ORDER BY system, kind
"""  # noqa: S608 - put together from constants
_NONE = (None, None, None, None)


def heard(names: Collection[str], *, since: datetime, until: datetime) -> list[Heard]:
    """Deliveries of these systems. System look-up: the caller scoped the names."""
    with connection.cursor() as cursor:
        cursor.execute(_HEARD, {"names": list(names), "since": since, "until": until})
        return [Heard(*row[:4], *(row[4] or _NONE)) for row in cursor.fetchall()]


def told(codes: Collection[str], *, since: datetime, until: datetime) -> list[Told]:
    """Messages about these companies. System look-up: the caller scoped the codes."""
    with connection.cursor() as cursor:
        cursor.execute(_TOLD, {"codes": list(codes), "since": since, "until": until})
        return [
            Told(row[0], row[1], row[2], row[3], row[4], row[5] or _NONE, row[6] or _NONE)
            for row in cursor.fetchall()
        ]
