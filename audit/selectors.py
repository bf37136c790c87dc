"""Reading the trail: history of a subject, search for examiners, its newest link."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Model, Q, QuerySet

from audit.models import Entry, Link
from kernel.scope import Scope


def visible_entries(scope: Scope) -> QuerySet[Entry]:
    """Entries of the companies the viewer serves, and group-wide ones for those who may read the whole trail."""
    entries = Entry.objects.order_by("-at", "-id")
    if scope.has("audit.read"):
        return entries.filter(Q(company_id__in=scope.company_ids) | Q(company_id__isnull=True))
    return entries.filter(company_id__in=scope.company_ids)


def history(subject_kind: str, subject_id: object, *, scope: Scope) -> QuerySet[Entry]:
    """The trail of one object, oldest first; `subject_kind` is the model's label, lower case."""
    return (
        visible_entries(scope)
        .filter(subject_kind=subject_kind, subject_id=str(subject_id))
        .order_by("id")
    )


def times(event: str, *, subject_kind: str, subject_id: object) -> int:
    """How often this happened to an object. System look-up (print counts)."""
    rows = Entry.objects.filter(event=event, subject_kind=subject_kind, subject_id=str(subject_id))
    return rows.count()


def last_link() -> Link | None:
    """The newest link of the chain: its number and digest, to be noted outside the platform. An examiner's act."""
    return Link.objects.order_by("-seq").first()


def last_before(moment: datetime) -> datetime | None:
    """When the last fact before this moment was written: after a restore, how far the backup goes. System look-up."""
    rows = Entry.objects.filter(at__lt=moment).order_by("-at", "-id")
    return rows.values_list("at", flat=True).first()


def told(event: str) -> list[dict[str, Any]]:
    """What every entry of an event says came of it, newest first. System look-up: for events there are few of."""
    return list(Entry.objects.filter(event=event).order_by("-id").values_list("after", flat=True))


def told_since(event: str, moment: datetime) -> list[dict[str, Any]]:
    """The same of those since a moment. System look-up."""
    rows = Entry.objects.filter(event=event, at__gte=moment)
    return list(rows.values_list("after", flat=True))


def was_told(event: str, subject: Model, *, path: str) -> bool:
    """Whether the trail holds this event of a subject, and of this page. System look-up."""
    rows = Entry.objects.filter(
        subject_kind=subject._meta.label_lower, subject_id=str(subject.pk), event=event
    )
    return rows.filter(after__path=path).exists()
