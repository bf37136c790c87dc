"""Reading the trail: history of a subject, search for examiners, verification of the chain."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from django.db.models import Q, QuerySet

from audit.content import content_of
from audit.models import Entry, Link
from kernel import seal
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


@dataclass(frozen=True)
class Break:
    """A place where the chain does not hold."""

    seq: int
    entry_id: int | None
    what: str


CHUNK = 500


def verify_chain() -> Iterator[Break]:
    """Every break of the whole chain: altered, deleted, inserted or re-ordered entries. Reads all companies: an examiner's act."""
    previous, expected = "0" * 64, 1
    links = Link.objects.order_by("seq").iterator(chunk_size=CHUNK)
    while chunk := list(islice(links, CHUNK)):
        told = {link.seq: link.told() for link in chunk}
        entries = Entry.objects.in_bulk([pk for one in told.values() for pk in one])
        for link in chunk:
            if link.seq != expected:
                yield Break(expected, None, "链上缺号：记录被删除")
            if link.previous != previous:
                yield Break(link.seq, max(told[link.seq], default=None), "前链摘要不符")
            text = f"{link.previous}:{link.seq}:{link.act}:{link.entries}"
            if hashlib.sha256(text.encode()).hexdigest() != link.digest:
                yield Break(link.seq, max(told[link.seq], default=None), "链摘要不符")
            for pk, digest in told[link.seq].items():
                what = _wrong(entries.get(pk), link, digest)
                if what:
                    yield Break(link.seq, pk, what)
            previous, expected = link.digest, link.seq + 1
    yield from _unlinked()


def _wrong(entry: Entry | None, link: Link, digest: str) -> str:
    """What is wrong with an entry the chain names; empty when nothing is."""
    if entry is None:
        return "记录被删除"
    if entry.content_digest != digest or entry.link_id != link.act:
        return "记录内容被改动"
    return "" if seal.digest(content_of(entry)) == digest else "记录内容被改动"


def _unlinked() -> Iterator[Break]:
    """Entries no link names: slipped in behind the trigger, whether on their own or into another act."""
    rows = Entry.objects.raw(
        """
        SELECT e.id FROM audit_entry e LEFT JOIN audit_link l ON l.act = e.link_id
        WHERE l.seq IS NULL OR strpos(' ' || l.entries, ' ' || e.id || ':') = 0 ORDER BY e.id LIMIT 100
        """
    )
    for row in rows:
        yield Break(0, row.pk, "记录不在链上")


def last_link() -> Link | None:
    """The newest link of the chain: its number and digest, to be noted outside the platform. An examiner's act."""
    return Link.objects.order_by("-seq").first()
