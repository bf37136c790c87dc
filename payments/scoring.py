"""What payments say of the banks that carried them: sent, ever unknown, failed, returned; by connection and period."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection
from django.db.models import Count, Q
from django.db.models.functions import TruncDate

from kernel import clock
from payments.models import PaymentInstruction

Start = Callable[[date], date]  # the first day of a day's period


@dataclass
class Sent:
    """The payments one connection sent in a period. `unknown` were at some time; many of them ended well since."""

    sent: int = 0
    unknown: int = 0
    failed: int = 0
    returned: int = 0


def sent_by_connection(
    *, since: datetime, until: datetime, start: Start
) -> dict[tuple[int, date], Sent]:
    """Payments sent between two moments, by connection and period. System look-up.

    One that ever was unknown keeps the moment it came to be so, however it ended.
    """
    rows = PaymentInstruction.objects.filter(sent_at__gte=since, sent_at__lt=until)
    found: dict[tuple[int, date], Sent] = {}
    days = rows.order_by().annotate(day=TruncDate("sent_at", tzinfo=clock.SHANGHAI))
    by_day = days.values_list("connection_id", "day")
    counts = by_day.annotate(
        sent=Count("pk"),
        unknown=Count("pk", filter=Q(unknown_since__isnull=False)),
        lost=Count("pk", filter=Q(state="failed")),
        back=Count("pk", filter=Q(state="returned")),
    )
    for pk, day, sent, unknown, failed, returned in counts:
        told = found.setdefault((pk, start(day)), Sent())
        told.sent, told.unknown = told.sent + sent, told.unknown + unknown
        told.failed, told.returned = told.failed + failed, told.returned + returned
    return found


def waiting_by_connection() -> dict[int, list[datetime]]:
    """Since when each payment that could have left waits, by connection. System look-up.

    One that was tried waits since its release, however often it was put off; one that was not, since its clearing opened.
    """
    rows = PaymentInstruction.objects.filter(state="queued").order_by()
    told = rows.values_list("connection_id", "send_attempts", "not_before", "order__released_at")
    found: dict[int, list[datetime]] = {}
    for connection_id, tried, opens, released in told.iterator():
        since = released if tried or opens is None else opens
        if since is not None:
            found.setdefault(connection_id, []).append(since)
    return found


_DELAYS = """
    SELECT {name}, count(*), percentile_disc(ARRAY[0.5, 0.95, 0.99, 1]) WITHIN GROUP (
        ORDER BY round(extract(epoch FROM {later} - {earlier}) * 1000)::bigint)
    FROM payments_paymentinstruction AS one JOIN payments_paymentorder AS paid ON paid.id = one.order_id
    WHERE one.company_id = ANY(%(companies)s) AND one.sent_at >= %(since)s AND one.sent_at < %(until)s
        AND {later} IS NOT NULL AND {earlier} IS NOT NULL
"""
_WAYS = (
    ("released_to_sent", "GREATEST(paid.released_at, one.not_before)", "one.sent_at"),
    ("sent_to_final", "one.sent_at", "one.final_at"),
)


def delays(
    company_ids: Collection[int], *, since: datetime, until: datetime
) -> list[tuple[str, int, tuple[int | None, ...]]]:
    """(way, payments, (P50, P95, P99, slowest) in ms) of what was sent between two moments: until it left, and until its end.

    One that waited for its clearing to open counts from then on. System look-up: the caller scoped the companies.
    """
    found, ids = [], list(company_ids)
    with connection.cursor() as cursor:
        for name, earlier, later in _WAYS:
            sql = _DELAYS.format(name=f"'{name}'", earlier=earlier, later=later)
            cursor.execute(sql, {"companies": ids, "since": since, "until": until})
            _name, count, told = cursor.fetchone()
            found.append((name, count, tuple(told or (None,) * 4)))
    return found
