"""What payments say of the banks that carried them: sent, ever unknown, failed, returned; by connection and period."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

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
