"""What became of single rows, for examiners: every change that touched them, who made it, which columns it left otherwise."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import F, Func, QuerySet, TextField
from django.db.models.expressions import RawSQL

from audit import hand
from audit.models import RowChange
from audit.row_rules import label_of

# The rows' changes are found first, by the indexes on keys, and only then put in order: a plan that walks all changes from the
# newest back to find the few of one row would read them all.
_OF_ROWS = "SELECT id FROM audit_rowchange WHERE relation = %s AND ids && %s::text[] OFFSET 0"


class _Digest(Func):
    """The digest of a change, as its link names it."""

    template = "audit_change_digest(audit_rowchange)"
    output_field = TextField()


@dataclass(frozen=True)
class Hand:
    """Who changed rows: the person or task as the platform told it, else the database's word for whoever went past it."""

    name: str
    origin: str
    is_ours: bool


@dataclass(frozen=True)
class FieldChange:
    """One column of one row, before and after; None where there was no row."""

    row: str  # "masterdata.membership#7"
    column: str
    before: Any
    after: Any


def changes(keys: Mapping[str, Collection[object]]) -> QuerySet[RowChange]:
    """The changes of these rows, by table. System look-up: the caller has found the rows in somebody's scope."""
    parts, params = [], []
    for table, ids in keys.items():
        parts.append(f"({_OF_ROWS})")
        params += [table, [str(one) for one in ids]]
    rows = RowChange.objects.annotate(digest=_Digest(F("id")))
    if not parts:
        return rows.none()
    found = RawSQL(" UNION ALL ".join(parts), params)  # noqa: S611 - words of this module, values as parameters
    return rows.filter(pk__in=found)


def keys_with(table: str, column: str, value: int) -> list[str]:
    """The rows of a table whose changes told this value of a column, gone ones too. System look-up, of tables whose values are kept."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT e.key FROM audit_rowchange c, jsonb_each(c.said) AS e(key, columns) "
            "WHERE c.relation = %s AND c.said IS NOT NULL AND e.columns -> %s @> %s::jsonb ORDER BY 1",
            [table, column, str(value)],
        )
        return [key for (key,) in cursor.fetchall()]


def hand_of(told: str, who: str) -> Hand:
    """Whose hand a change was made with."""
    ours = hand.read(told) if told else None
    if ours is None:
        return Hand(who, "", False)
    return Hand(ours.name, ours.origin, True)


def fields(
    relation: str, said: Mapping[str, Any] | None, keys: Collection[object]
) -> list[FieldChange]:
    """The columns a change left otherwise in these rows of its table; none where the table's values are not kept."""
    found = []
    for key in sorted(str(one) for one in keys):
        for column, (before, after) in sorted(((said or {}).get(key) or {}).items()):
            found.append(FieldChange(f"{label_of(relation)}#{key}", column, before, after))
    return found
