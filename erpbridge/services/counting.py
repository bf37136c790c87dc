"""Numbers of exchanged files: which of a series was taken last, and the next one we write. Never given twice."""

from __future__ import annotations

from django.db import transaction
from django.db.models import F

from erpbridge.models import ErpSystem, Inbox, OutSeries


def last_taken(system: ErpSystem, *, series: str) -> int:
    """The highest number of a series that was answered, or refused for what it says; 0 when none was."""
    keys = Inbox.objects.filter(
        system=system.client.name[:60], style="file", key__startswith=f"{series}_", status__gt=0
    )
    newest = keys.order_by("-key").values_list("key", flat=True).first()
    answered = int(newest.rpartition("_")[2]) if newest else 0
    passed = OutSeries.objects.filter(system=system, series=f"in:{series}")
    return max([answered, *passed.values_list("last", flat=True)])


@transaction.atomic(durable=True)
def pass_over(system: ErpSystem, *, series: str, number: int) -> None:
    """A file that arrived whole and was refused for what it says has had its turn: the next is not kept waiting."""
    OutSeries.objects.get_or_create(system=system, series=f"in:{series}")
    rows = OutSeries.objects.filter(system=system, series=f"in:{series}", last__lt=number)
    rows.update(last=number)


@transaction.atomic(durable=True)
def next_out(system: ErpSystem, *, series: str) -> int:
    """The next number of a series we write."""
    OutSeries.objects.get_or_create(system=system, series=series)
    OutSeries.objects.filter(system=system, series=series).update(last=F("last") + 1)
    return OutSeries.objects.values_list("last", flat=True).get(system=system, series=series)
