"""Writing the trail: one entry per fact, in the transaction of the fact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import uuid4

from django.db import models, transaction

from audit.models import Entry
from audit.origin import current as current_origin
from kernel import clock
from kernel.errors import require


@dataclass(frozen=True)
class Fact:
    """One fact to record; see `record`."""

    event: str
    subject: models.Model
    before: Mapping[str, object] | None = None
    after: Mapping[str, object] | None = None
    why: str = ""


def _plain(values: Mapping[str, object] | None) -> dict[str, object]:
    plain: dict[str, object] = {}
    for name, value in (values or {}).items():
        if isinstance(value, Decimal):
            plain[name] = f"{value:f}"
        elif isinstance(value, datetime | date):
            plain[name] = value.isoformat()
        elif value is None or isinstance(value, str | int | bool | list | dict):
            plain[name] = value
        else:
            plain[name] = str(value)
    return plain


def _entry(fact: Fact, actor: object | None, origin: str, at: datetime) -> Entry:
    subject = fact.subject
    return Entry(
        at=at,
        event=fact.event,
        actor_id=getattr(actor, "pk", None),
        actor_name=str(getattr(actor, "display_name", "") or actor or "系统")[:80],
        subject_kind=subject._meta.label_lower,
        subject_id=str(subject.pk),
        company_id=getattr(subject, "company_id", None),
        before=_plain(fact.before),
        after=_plain(fact.after),
        why=fact.why,
        origin=(origin or current_origin())[:120],
    )


def record_many(facts: Sequence[Fact], *, actor: object | None, origin: str = "") -> None:
    """Append many facts of one act with one statement; same rules as `record`."""
    require(transaction.get_connection().in_atomic_block, "audit wants the transaction of the fact")
    at, act = clock.now(), uuid4()
    entries = [_entry(fact, actor, origin, at) for fact in facts]
    for place, entry in enumerate(entries):
        entry.link_id, entry.leads = act, 0 if place else len(entries)
    Entry.objects.bulk_create(entries)


def record(
    event: str,
    *,
    actor: object | None,
    subject: models.Model,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
    why: str = "",
    origin: str = "",
) -> None:
    """Append one fact (`app.noun.verb`, past tense). Raises InvariantBroken outside a transaction.

    `actor` is a user, an API client or None for the system; values in before/after must not hold secrets.
    """
    record_many([Fact(event, subject, before, after, why)], actor=actor, origin=origin)
