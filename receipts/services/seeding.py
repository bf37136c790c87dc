"""Offices, schedules and invoices of a demo: there where missing, untouched where they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from receipts.models import CollectionSchedule, Receivable, SalesOffice
from receipts.services import offices, schedules


def ensure_office(said: Mapping[str, Any]) -> SalesOffice:
    """The office with this code (see `offices.write`)."""
    found = SalesOffice.objects.filter(code=said["code"]).first()
    return found or offices.write(dict(said))


def ensure_schedule(said: Mapping[str, Any], *, looked_at: datetime) -> CollectionSchedule:
    """The schedule of this office; moments since `looked_at` are made up at its first tick."""
    found = CollectionSchedule.objects.filter(office_id=said["office_id"]).first()
    if found is None:
        found = schedules.write(dict(said))
        found.looked_at = looked_at
        found.save_changes(["looked_at"])
    return found


def ensure_receivables(rows: Iterable[Mapping[str, Any]]) -> int:
    """Open invoices by company and number; returns how many were new."""
    made = Receivable.objects.bulk_create(
        [Receivable(**row, open_amount=row["amount"]) for row in rows], ignore_conflicts=True
    )
    return len(made)
