"""Entries with their links and anchors as plain values, for an evidence bundle."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import connection

from audit import anchoring
from audit.models import Link

_ENTRIES = """
    SELECT e.id, e.link_id::text, audit_content(e) FROM audit_entry e WHERE e.id = ANY(%s) ORDER BY e.id
"""


def of_entries(entry_ids: Iterable[int]) -> dict[str, Any]:
    """These entries in the text their digests are of, the links that name them, and the anchor lines that cover these."""
    with connection.cursor() as cursor:
        cursor.execute(_ENTRIES, [list(entry_ids)])
        rows = cursor.fetchall()
    links = Link.objects.filter(act__in={act for _, act, _ in rows}).order_by("seq")
    return {
        "entries": [{"id": pk, "act": act, "text": text} for pk, act, text in rows],
        "links": [_link(link) for link in links],
    }


def _link(link: Link) -> dict[str, Any]:
    line, path = anchoring.proof_of(link.seq) or ("", "")
    return {
        "seq": link.seq,
        "act": str(link.act),
        "entries": link.entries,
        "previous": link.previous,
        "digest": link.digest,
        "anchor": line,
        "path": path,
    }
