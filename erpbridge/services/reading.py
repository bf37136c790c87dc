"""Reading of other systems' views: how far, with which columns, and what became of each row."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from audit import services as audit
from erpbridge.contract import Reply
from erpbridge.models import ErpSystem, ReadMark, ReadRow
from kernel import clock, seal


def marks(system: ErpSystem) -> list[ReadMark]:
    """The agreed views of a system and how far they were read."""
    return list(ReadMark.objects.filter(system=system).order_by("view"))


def digest_of(row: Mapping[str, Any]) -> str:
    """What a row said: a row changed over there is looked at again."""
    plain = {name: None if value is None else str(value) for name, value in row.items()}
    return hashlib.sha256(seal.canonical(plain)).hexdigest()


@transaction.atomic(durable=True)
def agree(system: ErpSystem, *, fingerprints: Mapping[str, Mapping[str, str]]) -> None:
    """Remember the columns of the views as agreed."""
    for view, columns in fingerprints.items():
        ReadMark.objects.update_or_create(
            system=system, view=view, defaults={"fingerprint": dict(columns)}
        )
    audit.record(
        "erpbridge.views.agreed",
        actor=None,
        subject=system,
        after={view: sorted(columns) for view, columns in fingerprints.items()},
    )


def unanswered(
    system: ErpSystem, *, view: str, rows: Sequence[Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    """The rows nobody answered yet, or that said something else then."""
    ids = [int(row["row_id"]) for row in rows]
    known = dict(
        ReadRow.objects.filter(system=system, view=view, row_id__in=ids).values_list(
            "row_id", "digest"
        )
    )
    return [row for row in rows if known.get(int(row["row_id"])) != digest_of(row)]


@transaction.atomic(durable=True)
def advance(mark: ReadMark, *, to: int) -> ReadMark:
    """Everything up to `to` was read."""
    if to > mark.mark:
        mark.mark = to
        mark.save(update_fields=["mark"])
    return mark


@transaction.atomic(durable=True)
def note(
    system: ErpSystem, *, view: str, ids: Sequence[int], digests: Sequence[str], reply: Reply
) -> None:
    """Keep what became of each row, where the other side reads it."""
    results = reply.body.get("results")
    whole = reply.body.get("errors", [])
    rows = []
    for place, (row_id, digest) in enumerate(zip(ids, digests, strict=True)):
        end = results[place] if results is not None else {"status": "ERR", "errors": whole}
        rows.append(
            ReadRow(
                system=system,
                view=view,
                row_id=row_id,
                digest=digest,
                status=end["status"],
                ours=end.get("ours", ""),
                state=end.get("state", ""),
                errors=end["errors"],
                at=clock.now(),
            )
        )
    ReadRow.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["system", "view", "row_id"],
        update_fields=["digest", "status", "ours", "state", "errors", "at"],
    )
