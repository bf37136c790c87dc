"""Entries and rows with their links and anchors as plain values, for an evidence bundle."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection

from audit import anchoring, row_sql
from audit.models import Link
from audit.row_rules import Kept, kept
from audit.row_verifying import PRINTING

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


# Each row as its digest is taken over it, and its last change in the words its own digest is of.
_ROWS = """
    SELECT t.{key}::text, {printed}, c.id, audit_change_text(c)
    FROM {table} t CROSS JOIN LATERAL (
        SELECT * FROM audit_rowchange c WHERE c.relation = '{relation}' AND t.{key}::text = ANY(c.ids)
        ORDER BY c.id DESC LIMIT 1
    ) c WHERE t.{key}::text = ANY(%s) ORDER BY 1
"""
_NAMING = "SELECT seq FROM audit_link WHERE entries ~ %s ORDER BY seq"


def of_rows(wanted: Sequence[tuple[str, Sequence[object]]]) -> dict[str, Any]:
    """These rows, by table and key, as the database holds them; the change that wrote each; the links that name the changes."""
    tables = {table.label: table for table in kept()}
    rows = [row for label, keys in wanted if keys for row in _rows_of(tables[label], keys)]
    changes = {row["change"]["id"] for row in rows}
    if not changes:
        return {"rows": [], "links": []}
    with connection.cursor() as cursor:
        numbers = "|".join(str(pk) for pk in sorted(changes))
        cursor.execute(_NAMING, [f"(^| )h({numbers}):"])
        links = list(Link.objects.filter(seq__in=[seq for (seq,) in cursor.fetchall()]))
    named = {pk: link.seq for link in links for pk in link.changes() if pk in changes}
    for row in rows:
        row["change"]["link"] = named.get(row["change"]["id"])
    return {"rows": rows, "links": [_link(link) for link in sorted(links, key=lambda one: one.seq)]}


def _rows_of(table: Kept, keys: Sequence[object]) -> list[dict[str, Any]]:
    sql = PRINTING + _ROWS.format(
        key=row_sql.quoted(table.key),
        printed=row_sql.printed(table, "t"),
        table=row_sql.quoted(table.table),
        relation=table.table,
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [[str(key) for key in keys]])
        return [
            {
                "label": table.label,
                "table": table.table,
                "key": table.key,
                "id": key,
                "columns": list(table.columns),
                "text": text,
                "change": {"id": pk, "text": said},
            }
            for key, text, pk, said in cursor.fetchall()
        ]


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
