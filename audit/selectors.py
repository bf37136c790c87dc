"""Reading the trail: history of a subject, search for examiners, verification of the chain."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

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


def verify_chain() -> Iterator[Break]:
    """Every break of the whole chain: altered, deleted, inserted or re-ordered entries. Reads all companies: an examiner's act."""
    previous, expected = "0" * 64, 1
    for link in Link.objects.select_related("entry").order_by("seq").iterator(chunk_size=2000):
        if link.seq != expected:
            yield Break(expected, None, "链上缺号：记录被删除")
        if link.previous != previous:
            yield Break(link.seq, link.entry_id, "前链摘要不符")
        content_digest = seal.digest(content_of(link.entry))
        if content_digest != link.entry.content_digest:
            yield Break(link.seq, link.entry_id, "记录内容被改动")
        text = f"{link.previous}:{link.seq}:{link.entry_id}:{link.entry.content_digest}"
        if hashlib.sha256(text.encode()).hexdigest() != link.digest:
            yield Break(link.seq, link.entry_id, "链摘要不符")
        previous, expected = link.digest, link.seq + 1
    for entry in Entry.objects.filter(link__isnull=True).order_by("id")[:100]:
        yield Break(0, entry.pk, "记录不在链上")


def last_link() -> Link | None:
    """The newest link of the chain: its number and digest, to be noted outside the platform. An examiner's act."""
    return Link.objects.select_related("entry").order_by("-seq").first()
