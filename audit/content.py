"""The canonical bytes an entry's digest is taken over: written and verified by the same lines."""

from __future__ import annotations

from audit.models import Entry
from kernel import clock, seal


def content_of(entry: Entry) -> bytes:
    """The canonical bytes an entry's digest is taken over."""
    return seal.canonical(
        {
            "at": entry.at.astimezone(clock.SHANGHAI).isoformat(),
            "event": entry.event,
            "actor_id": entry.actor_id,
            "actor_name": entry.actor_name,
            "subject_kind": entry.subject_kind,
            "subject_id": entry.subject_id,
            "company_id": entry.company_id,
            "before": entry.before,
            "after": entry.after,
            "why": entry.why,
            "origin": entry.origin,
        }
    )
