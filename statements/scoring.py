"""What statements and receipts say of the banks that told them: gaps and what is missing, by connection and day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Sum

from statements.models import DayClose, ReceiptDay


@dataclass
class Wanting:
    """What a connection's accounts want on one day: days that do not add up, entries without a receipt."""

    gaps: int = 0
    receipts: int = 0


def wanting_by_connection(*, first: date, last: date) -> dict[tuple[int, date], Wanting]:
    """What is wanting on each day of each connection, none where nothing is. System look-up (scorecards)."""
    found: dict[tuple[int, date], Wanting] = {}
    broken = DayClose.objects.filter(day__range=(first, last), status=DayClose.Status.BROKEN)
    by_day = ("account__connection_id", "day")
    for connection_id, day, count in broken.order_by().values_list(*by_day).annotate(Count("pk")):
        if connection_id is not None:
            found.setdefault((connection_id, day), Wanting()).gaps = count
    papers = ReceiptDay.objects.filter(day__range=(first, last), missing__gt=0)
    for connection_id, day, count in (
        papers.order_by().values_list(*by_day).annotate(Sum("missing"))
    ):
        if connection_id is not None:
            found.setdefault((connection_id, day), Wanting()).receipts = count
    return found
