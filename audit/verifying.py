"""Is the chain whole? Checked by the database in windows of links, several at once, and against what is known outside it.

Nothing is ever repaired here: a verifier that signs what it finds would bless what it should have found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from django.db import connection, connections

from audit.content import DIGEST_SQL, content_before_functions
from audit.models import Entry, Link
from kernel import seal

WINDOW = 20_000
SAMPLES = 100


@dataclass(frozen=True)
class Break:
    """A place where the chain does not hold."""

    seq: int
    entry_id: int | None
    what: str
    row: str = ""  # "model#key" where a row is not what its history says


@dataclass(frozen=True)
class Checked:
    """One window: how many links and entries it has, and what is wrong with them."""

    links: int
    entries: int
    breaks: list[Break]


# Links of the window that are missing, do not follow the one before, or are not what their digest was taken over.
_LINKS = """
    WITH own AS (
        SELECT seq, previous, digest, act, entries,
               lag(seq) OVER (ORDER BY seq) AS before_seq, lag(digest) OVER (ORDER BY seq) AS before_digest
        FROM audit_link
        WHERE seq <= %(last)s AND seq >= COALESCE((SELECT max(seq) FROM audit_link WHERE seq <= %(first)s), 0)
    )
    SELECT seq, COALESCE(before_seq, 0), previous = COALESCE(before_digest, repeat('0', 64)),
           digest = encode(sha256(convert_to(previous || ':' || seq || ':' || act || ':' || entries, 'UTF8')), 'hex'),
           substring(entries from '([0-9]+):[^:]*$')
    FROM own
    WHERE seq > %(first)s
      AND (seq <> COALESCE(before_seq, 0) + 1 OR previous <> COALESCE(before_digest, repeat('0', 64))
           OR digest <> encode(sha256(convert_to(previous || ':' || seq || ':' || act || ':' || entries, 'UTF8')), 'hex'))
    ORDER BY seq
"""
# Entries the window's links name that are gone, or say something else now.
_ENTRIES = """
    WITH told AS MATERIALIZED (
        SELECT l.seq, l.act, split_part(part, ':', 1)::bigint AS id, split_part(part, ':', 2) AS digest
        FROM audit_link l, unnest(string_to_array(l.entries, ' ')) AS part
        WHERE l.seq > %(first)s AND l.seq <= %(last)s AND part ~ '^[0-9]+:'
    ), held AS (
        SELECT e.id, e.link_id, e.content_digest, __DIGEST__ AS digest
        FROM audit_entry e
        WHERE e.id BETWEEN (SELECT min(id) FROM told) AND (SELECT max(id) FROM told)
    ), judged AS (
        SELECT t.seq, t.id, h.id IS NULL AS is_gone,
               h.content_digest IS DISTINCT FROM t.digest OR h.link_id IS DISTINCT FROM t.act AS is_elsewhere,
               h.digest IS DISTINCT FROM t.digest AS is_altered
        FROM told t LEFT JOIN held h ON h.id = t.id
    )
    SELECT (SELECT count(*) FROM told), seq, id, is_gone, is_elsewhere
    FROM judged WHERE is_gone OR is_elsewhere OR is_altered
    UNION ALL SELECT (SELECT count(*) FROM told), NULL, NULL, NULL, NULL
    ORDER BY 2, 3
""".replace("__DIGEST__", DIGEST_SQL)
_UNLINKED = """
    SELECT e.id FROM audit_entry e LEFT JOIN audit_link l ON l.act = e.link_id
    WHERE l.seq IS NULL OR strpos(' ' || l.entries, ' ' || e.id || ':') = 0 ORDER BY e.id LIMIT %s
"""


def _links(first: int, last: int) -> Iterator[Break]:
    with connection.cursor() as cursor:
        cursor.execute(_LINKS, {"first": first, "last": last})
        rows = cursor.fetchall()
    for seq, before, follows, holds, entry_id in rows:
        if seq != before + 1:
            missing = f"{before + 1}–{seq - 1}" if seq - before > 2 else str(before + 1)
            yield Break(before + 1, None, f"链上缺号：记录被删除（{missing}）")
        if not follows:
            yield Break(seq, int(entry_id) if entry_id else None, "前链摘要不符")
        if not holds:
            yield Break(seq, int(entry_id) if entry_id else None, "链摘要不符")


def _window(first: int, last: int) -> Checked:
    breaks = list(_links(first, last))
    with connection.cursor() as cursor:
        cursor.execute(_ENTRIES, {"first": first, "last": last})
        *rows, total = cursor.fetchall()
    doubtful = [pk for _, _, pk, is_gone, is_elsewhere in rows if not (is_gone or is_elsewhere)]
    older = {
        entry.pk
        for entry in Entry.objects.filter(pk__in=doubtful)
        if seal.digest(content_before_functions(entry)) == entry.content_digest
    }
    for _, seq, pk, is_gone, _ in rows:
        if pk not in older:
            breaks.append(Break(seq, pk, "记录被删除" if is_gone else "记录内容被改动"))
    return Checked(last - first, total[0], breaks)


def _windows() -> list[tuple[int, int]]:
    newest = Link.objects.order_by("-seq").values_list("seq", flat=True).first() or 0
    return [(first, min(first + WINDOW, newest)) for first in range(0, newest, WINDOW)]


def _checked(jobs: int) -> Iterator[Checked]:
    windows = _windows()
    if jobs < 2 or len(windows) < 2:
        yield from (_window(*one) for one in windows)
        return

    def run(one: tuple[int, int]) -> Checked:
        try:
            return _window(*one)
        finally:
            connections.close_all()  # a thread's connection is its own

    with ThreadPoolExecutor(jobs) as pool:
        yield from pool.map(run, windows)


def verify(
    *, jobs: int = 1, say: Callable[[int, int], None] | None = None
) -> tuple[int, list[Break]]:
    """Check the whole chain: how many entries were looked at, and every break. Reads all companies: an examiner's act.

    Altered, deleted, inserted and re-ordered entries and links are each named. `say` hears (links, entries) so far.
    """
    links = entries = 0
    breaks: list[Break] = []
    for checked in _checked(jobs):
        links, entries = links + checked.links, entries + checked.entries
        breaks += checked.breaks
        if say is not None:
            say(links, entries)
    if breaks or Entry.objects.count() != entries:
        with connection.cursor() as cursor:
            cursor.execute(_UNLINKED, [SAMPLES])
            breaks += [Break(0, pk, "记录不在链上") for (pk,) in cursor.fetchall()]
    return entries, breaks


def verify_chain() -> list[Break]:
    """Every break of the chain."""
    return verify()[1]
