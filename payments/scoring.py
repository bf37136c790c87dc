"""What payments say of the banks that carried them: sent, ever unknown, failed, returned; by connection and period."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, Q
from django.db.models.functions import TruncDate

from audit import selectors as audit
from kernel import clock
from payments.models import PaymentInstruction

KIND = "payments.paymentinstruction"
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

    Whether one ever was unknown stands in the trail, which nobody edits.
    """
    rows = PaymentInstruction.objects.filter(sent_at__gte=since, sent_at__lt=until)
    doubted = [int(pk) for pk in audit.subjects_told(KIND, state="unknown", since=since)]
    found: dict[tuple[int, date], Sent] = {}
    days = rows.order_by().annotate(day=TruncDate("sent_at", tzinfo=clock.SHANGHAI))
    by_day = days.values_list("connection_id", "day")
    counts = (
        Count("pk"),
        Count("pk", filter=Q(state="failed")),
        Count("pk", filter=Q(state="returned")),
    )
    for pk, day, *many in by_day.annotate(sent=counts[0], lost=counts[1], back=counts[2]):
        told = found.setdefault((pk, start(day)), Sent())
        sent, failed, returned = many
        told.sent, told.failed = told.sent + sent, told.failed + failed
        told.returned += returned
    for pk, day, count in by_day.filter(pk__in=doubted).annotate(many=Count("pk")):
        found[pk, start(day)].unknown += count
    return found
