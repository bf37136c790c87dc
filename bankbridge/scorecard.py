"""The scorecard of a bank: what its connection was worth, by day or week; every figure can be counted again from the log."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import connection

from kernel import clock
from kernel.errors import InvalidInput
from payments import scoring as paid
from statements import scoring as told

UNITS = ("day", "week")


@dataclass
class Score:
    """One connection in one period that begins on `start`. Latencies are of answered exchanges, in ms."""

    start: date
    exchanges: int = 0
    answered: int = 0
    lost: int = 0  # something may have left and no answer came that could be read
    p50: int | None = None
    p95: int | None = None
    p99: int | None = None
    sent: int = 0
    unknown: int = 0  # of the sent: at some time
    failed: int = 0
    returned: int = 0
    gaps: int = 0  # days of accounts that do not add up
    receipts: int = 0  # entries without a receipt

    @property
    def answered_share(self) -> str:
        """How many of a hundred exchanges were answered."""
        return _share(self.answered, self.exchanges)

    @property
    def unknown_share(self) -> str:
        """How many of a hundred payments were unknown at some time."""
        return _share(self.unknown, self.sent)


def _share(part: int, whole: int) -> str:
    return f"{part * 100 / whole:.1f}%" if whole else "—"


def start_of(unit: str) -> Callable[[date], date]:
    """The first day of the period a day lies in. Raises InvalidInput."""
    if unit not in UNITS:
        raise InvalidInput("周期应为 day 或 week", "the period is day or week", field="unit")
    return (lambda day: day) if unit == "day" else (lambda day: day - timedelta(days=day.weekday()))


def scores(
    connection_ids: Collection[int], *, first: date, last: date, unit: str
) -> dict[tuple[int, date], Score]:
    """The scores of these connections in the periods from `first` to `last`, by connection and first day.

    Periods without anything said, sent or wanting are absent. System look-up: the caller scoped the connections.
    """
    start = start_of(unit)
    since, until = _moment(start(first)), _moment(last + timedelta(days=1))
    found: dict[tuple[int, date], Score] = {}

    def of(connection_id: int, day: date) -> Score:
        return found.setdefault((connection_id, day), Score(day))

    with connection.cursor() as cursor:
        ids = list(connection_ids)
        cursor.execute(_SAID, {"ids": ids, "since": since, "until": until, "unit": unit})
        for connection_id, day, exchanges, answered, lost, latencies in cursor.fetchall():
            score = of(connection_id, day)
            score.exchanges, score.answered, score.lost = exchanges, answered, lost
            score.p50, score.p95, score.p99 = latencies or (None, None, None)
    for (pk, day), sent in paid.sent_by_connection(since=since, until=until, start=start).items():
        if pk in connection_ids:
            score = of(pk, day)
            score.sent, score.unknown = sent.sent, sent.unknown
            score.failed, score.returned = sent.failed, sent.returned
    for (pk, day), wanting in told.wanting_by_connection(first=start(first), last=last).items():
        if pk in connection_ids:
            score = of(pk, start(day))
            score.gaps += wanting.gaps
            score.receipts += wanting.receipts
    return found


def by_operation(connection_id: int, *, first: date, last: date) -> list[tuple[object, ...]]:
    """(operation, exchanges, answered, p50, p95, p99) of one connection between two days, the slowest first. System look-up."""
    with connection.cursor() as cursor:
        cursor.execute(
            _OPERATIONS,
            {
                "id": connection_id,
                "since": _moment(first),
                "until": _moment(last + timedelta(days=1)),
            },
        )
        rows = [(*row[:3], *(row[3] or (None, None, None))) for row in cursor.fetchall()]
    return sorted(rows, key=lambda row: -(row[4] or 0))


def said(
    connection_ids: Collection[int], *, since: datetime, until: datetime
) -> list[tuple[Any, ...]]:
    """(connection, operation, ability, exchanges, answered, P50, P95, P99, slowest) between two moments. System look-up."""
    with connection.cursor() as cursor:
        cursor.execute(_BY_KIND, {"ids": list(connection_ids), "since": since, "until": until})
        return [(*row[:5], *(row[5] or (None,) * 4)) for row in cursor.fetchall()]


def _moment(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=clock.SHANGHAI)


_LATENCIES = """percentile_disc(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY latency_ms)
        FILTER (WHERE result = 'answered')"""
_SAID = f"""
    SELECT connection_id, date_trunc(%(unit)s, began_at AT TIME ZONE 'Asia/Shanghai')::date AS start, count(*),
        count(*) FILTER (WHERE result = 'answered'), count(*) FILTER (WHERE result IN ('lost', 'unreadable')), {_LATENCIES}
    FROM bankbridge_exchange
    WHERE connection_id = ANY(%(ids)s) AND began_at >= %(since)s AND began_at < %(until)s
    GROUP BY connection_id, start
"""  # noqa: S608 - put together from constants
_OPERATIONS = f"""
    SELECT operation, count(*), count(*) FILTER (WHERE result = 'answered'), {_LATENCIES}
    FROM bankbridge_exchange
    WHERE connection_id = %(id)s AND began_at >= %(since)s AND began_at < %(until)s
    GROUP BY operation ORDER BY operation
"""  # noqa: S608 - put together from constants
_BY_KIND = """
    SELECT one.connection_id, one.operation, max(reading.ability), count(*),
        count(*) FILTER (WHERE one.result = 'answered'),
        percentile_disc(ARRAY[0.5, 0.95, 0.99, 1]) WITHIN GROUP (ORDER BY one.latency_ms) FILTER (WHERE one.result = 'answered')
    FROM bankbridge_exchange AS one LEFT JOIN bankbridge_exchangereading AS reading ON reading.exchange_id = one.id
    WHERE one.connection_id = ANY(%(ids)s) AND one.began_at >= %(since)s AND one.began_at < %(until)s
    GROUP BY one.connection_id, one.operation ORDER BY one.connection_id, one.operation
"""
