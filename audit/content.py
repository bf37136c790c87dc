"""The exact text an entry's digest is taken over, written by the database at insert and recomputed by it in bulk.

`audit_content(entry)` is a JSON array of the entry's fields as PostgreSQL prints it; SHA-256 over its UTF-8 bytes is
`content_digest`. An evidence bundle carries the very text, so that anybody can check it without a database.
"""

from __future__ import annotations

from audit.models import Entry
from kernel import clock, seal

FIELDS = (
    "at",
    "event",
    "actor_id",
    "actor_name",
    "subject_kind",
    "subject_id",
    "company_id",
    "before",
    "after",
    "why",
    "origin",
)
# The function stands in migration 0002; its order is that of FIELDS, its moment in UTC to the microsecond.
DIGEST_SQL = "encode(sha256(convert_to(audit_content(e), 'UTF8')), 'hex')"


def content_before_functions(entry: Entry) -> bytes:
    """The text digests were taken over before the database took them: entries of that time are checked with it."""
    return seal.canonical(
        {
            name: getattr(entry, name)
            if name != "at"
            else entry.at.astimezone(clock.SHANGHAI).isoformat()
            for name in FIELDS
        }
    )
