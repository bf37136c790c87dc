"""Is every row what the platform last made of it? Against the history its triggers wrote, and that against the chain.

Four questions: are the triggers there; does each row agree with its last change (altered, deleted, slipped in); is each
change in the chain as it was written; was each link written with the platform's hand, used for that transaction alone?
Nothing is repaired here, and nothing signed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from django.db import connection

from audit import hand, row_sql
from audit.models import Link, RowChange
from audit.row_rules import Kept, kept, label_of
from audit.verifying import WINDOW, Break

ROWS_MAX = 20  # of one change, named one by one

# Every change of every key in turn: what it found and what the one before left. Then the last beside the rows as they are.
_TOLD = """
    SELECT u.id, u.before, u.digest, c.op, c.id AS change, c.hand,
           lag(u.digest) OVER w AS left_before, lag(c.op) OVER w AS op_before, lead(c.id) OVER w IS NULL AS is_last
    FROM audit_rowchange c, unnest(c.ids, c.befores, c.digests) AS u(id, before, digest)
    WHERE c.relation = '{relation}' {which}
    WINDOW w AS (PARTITION BY u.id ORDER BY c.id)
"""
_FOLLOWS = """(told.op = 'A' OR (told.op = 'I' AND COALESCE(told.op_before, 'D') = 'D')
               OR (told.op IN ('U', 'D') AND told.before IS NOT DISTINCT FROM told.left_before)
               OR (told.op = 'D' AND told.before IS NULL))"""
_DIFFERENCES = (
    "WITH told AS MATERIALIZED ("  # noqa: S608 - names of tables and columns of ours
    + _TOLD
    + """)
    SELECT COALESCE(told.id, held.id), told.change, told.id IS NULL, held.id IS NULL, told.op = 'D', false
    FROM (SELECT * FROM told WHERE is_last) told
    FULL JOIN (SELECT t.{key}::text AS id, {digest} AS digest FROM {table} t) held ON held.id = told.id
    WHERE told.id IS NULL OR (held.id IS NULL AND told.op <> 'D')
       OR (held.id IS NOT NULL AND (told.op = 'D' OR told.digest IS DISTINCT FROM held.digest))
    UNION ALL
    SELECT told.id, told.change, false, false, false, true FROM told WHERE NOT """
    + _FOLLOWS
    + " ORDER BY 2, 1"
)
PRINTING = (
    "SET LOCAL timezone = 'UTC'; SET LOCAL datestyle = 'ISO, YMD'; SET LOCAL intervalstyle = 'postgres'; "
    "SET LOCAL bytea_output = 'hex'; SET LOCAL extra_float_digits = 1; "
)
# Changes the window's links name that are gone, or say something else now.
_CHANGES = """
    WITH told AS MATERIALIZED (
        SELECT l.seq, substring(split_part(part, ':', 1) FROM 2)::bigint AS id, split_part(part, ':', 2) AS digest
        FROM audit_link l, unnest(string_to_array(l.entries, ' ')) AS part
        WHERE l.seq > %(first)s AND l.seq <= %(last)s AND part ~ '^h[0-9]+:'
    )
    SELECT t.seq, t.id, c.id IS NULL FROM told t LEFT JOIN audit_rowchange c ON c.id = t.id
    WHERE c.id IS NULL OR audit_change_digest(c) <> t.digest ORDER BY t.seq, t.id
"""
_UNCHAINED = """
    SELECT c.id FROM audit_rowchange c WHERE NOT EXISTS (
        SELECT FROM (
            SELECT substring(split_part(part, ':', 1) FROM 2)::bigint AS id
            FROM audit_link l, unnest(string_to_array(l.entries, ' ')) AS part WHERE part ~ '^h[0-9]+:'
        ) told WHERE told.id = c.id
    ) ORDER BY c.id LIMIT 100
"""


@dataclass(frozen=True)
class Doubt:
    """A row that is not what its last change left."""

    table: Kept
    key: str
    change: int | None
    is_new: bool  # it has no history
    is_gone: bool  # its history goes on, it is not there
    was_deleted: bool  # its history ends, it is there
    was_altered: bool  # this change found it other than the one before had left it

    @property
    def what(self) -> str:
        """In words."""
        if self.was_altered:
            return f"第 {self.change} 号变更之前，曾在平台之外改动"
        if self.is_new:
            return "没有变更记录：在平台之外插入"
        if self.is_gone:
            return "在平台之外删除"
        return (
            "已删除的行重新出现" if self.was_deleted else "内容与最后一次变更不符：在平台之外改动"
        )


def doubts(tables: Iterable[Kept]) -> Iterator[Doubt]:
    """Every row of these tables that differs from its history."""
    for table in tables:
        sql = PRINTING + _DIFFERENCES.format(
            relation=table.table,
            which="",
            key=row_sql.quoted(table.key),
            digest=row_sql.digest(table, "t"),
            table=row_sql.quoted(table.table),
        )
        with connection.cursor() as cursor:
            cursor.execute(sql)
            rows = cursor.fetchall()
        for key, change, is_new, is_gone, was_deleted, was_altered in rows:
            yield Doubt(table, key, change, is_new, is_gone, bool(was_deleted), was_altered)


# The same for some rows, locked by whoever asks, and whose hand their last change was.
_STRAYED = (
    "WITH told AS MATERIALIZED ("  # noqa: S608 - names of tables and columns of ours
    + _TOLD
    + """)
    SELECT t.{key}::text, last.op <> 'D' AND last.digest = {digest}, last.hand
    FROM {table} t LEFT JOIN told last ON last.id = t.{key}::text AND last.is_last
    WHERE t.{key}::text = ANY(%s)
    UNION ALL SELECT told.id, false, '' FROM told WHERE NOT """
    + _FOLLOWS
)


def strayed(label: str, keys: Iterable[object]) -> set[str]:
    """Those of these rows that are not what the platform last made of them: asked before they are obeyed.

    The table is one of the rules' `looked_up`.
    """
    wanted = sorted({str(key) for key in keys})
    table = next(one for one in _installed() if one.label == label)
    sql = PRINTING + _STRAYED.format(
        relation=table.table,
        which="AND c.ids && %s::text[] AND u.id = ANY(%s)",
        key=row_sql.quoted(table.key),
        digest=row_sql.digest(table, "t"),
        table=row_sql.quoted(table.table),
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [wanted, wanted, wanted])
        rows = cursor.fetchall()
    return {key for key, is_same, told in rows if not is_same or hand.number(told) is None}


_HANDS = "SELECT DISTINCT hand FROM audit_rowchange WHERE relation = %s AND op <> 'A'"


def touched(labels: Iterable[str]) -> list[str]:
    """Those of these tables with any row, also one that is gone, that is not what the platform last made of it.

    Reads the tables whole: for small ones (the rules' `looked_up`) that are asked before they are obeyed.
    """
    wanted = set(labels)
    found = []
    for table in (one for one in _installed() if one.label in wanted):
        with connection.cursor() as cursor:
            cursor.execute(_HANDS, [table.table])
            hands = [told for (told,) in cursor.fetchall()]
        if any(hand.number(told) is None for told in hands) or any(doubts([table])):
            found.append(table.label)
    return found


@lru_cache(maxsize=1)
def _installed() -> tuple[Kept, ...]:
    """The tables as this process found them; a migration is followed by new processes."""
    return tuple(kept())


def verify_rows() -> list[Break]:
    """Every row, change and link that is not the platform's own. Reads all companies: an examiner's act."""
    breaks = [Break(0, None, what, label_of(table)) for table, what in row_sql.faults()]
    for doubt in doubts(kept()):
        breaks.append(Break(0, None, doubt.what, f"{doubt.table.label}#{doubt.key}"))
    return [*breaks, *_unchained(), *_foreign()]


def _unchained() -> Iterator[Break]:
    newest = Link.objects.order_by("-seq").values_list("seq", flat=True).first() or 0
    with connection.cursor() as cursor:
        for first in range(0, newest, WINDOW):
            cursor.execute(_CHANGES, {"first": first, "last": min(first + WINDOW, newest)})
            for seq, pk, is_gone in cursor.fetchall():
                what = "变更记录被删除" if is_gone else "变更记录被改动"
                yield Break(seq, None, what, f"audit.rowchange#{pk}")
        cursor.execute(_UNCHAINED)
        for (pk,) in cursor.fetchall():
            yield Break(0, None, "变更记录不在链上", f"audit.rowchange#{pk}")


def _foreign() -> Iterator[Break]:
    """Links without a hand of ours, or with one that was used before, and what was changed in them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT min(seq) FROM audit_link WHERE strpos(entries, '@') > 0")
        first = cursor.fetchone()[0]
        if first is None:
            return
        seen: set[int] = set()
        last = ""
        newest = Link.objects.order_by("-seq").values_list("seq", flat=True).first() or 0
        for start in range(first - 1, newest, WINDOW):
            cursor.execute(
                "SELECT seq, COALESCE(substring(entries FROM '@(.*)$'), '') FROM audit_link "
                "WHERE seq > %s AND seq <= %s ORDER BY seq",
                [start, start + WINDOW],
            )
            for seq, told in cursor.fetchall():
                number = hand.number(told)
                if number is None:
                    yield from _changed_in(seq, "不是平台写入的")
                elif number in seen and told != last:
                    yield from _changed_in(seq, "冒用了另一事务的凭记")
                seen.add(number or 0)
                last = told


def _changed_in(seq: int, why: str) -> Iterator[Break]:
    link = Link.objects.get(seq=seq)
    changes = RowChange.objects.filter(pk__in=link.changes()).order_by("pk")
    for change in changes:
        words = f"{why}：{change.get_op_display()}，{change.at:%Y-%m-%d %H:%M:%S} UTC，{change.who}"
        for key in change.ids[:ROWS_MAX]:
            yield Break(seq, None, words, f"{label_of(change.relation)}#{key}")
    for entry_id in link.told():
        yield Break(seq, entry_id, why)
    if not changes and not link.told():
        yield Break(seq, None, why)


def adopt(known: Iterable[Doubt]) -> int:
    """Take into the history what a migration made of the rows (a step); what was in doubt before stays so. How many rows."""
    doubtful = {(one.table.table, one.key) for one in known}
    fresh: dict[tuple[str, bool], list[Doubt]] = {}
    for one in doubts(kept()):
        if (one.table.table, one.key) not in doubtful:
            fresh.setdefault((one.table.table, one.is_gone), []).append(one)
    with connection.cursor() as cursor:
        hand.show_in(cursor)
        for (name, is_gone), rows in fresh.items():
            keys, table = [one.key for one in rows], rows[0].table
            if is_gone:
                cursor.execute(
                    "SELECT audit_row_change(%s, 'D', %s::text[], '{}', '{}', NULL)", [name, keys]
                )
                continue
            key = row_sql.quoted(table.key)
            cursor.execute(
                PRINTING  # noqa: S608 - names of tables and columns of ours
                + f"SELECT audit_row_change(%s, 'A', array_agg(t.{key}::text), '{{}}', array_agg({row_sql.digest(table, 't')}), "  # noqa: S608 - names of tables and columns of ours
                f"NULL) FROM {row_sql.quoted(name)} t WHERE t.{key}::text = ANY(%s)",
                [name, keys],
            )
    return sum(len(rows) for rows in fresh.values())
