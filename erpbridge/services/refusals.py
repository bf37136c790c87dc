"""What finance systems sent and we did not take: kept row by row, with reasons, for whoever watches the lanes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.db import transaction

from erpbridge.models import Inbox, Refusal
from kernel import clock

_PER_DELIVERY = 5_000
# what an item calls itself, the first that is there
_NAMES = ("doc_no", "posting_key", "message_id", "code", "notice_no")


def _faults(reply: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from reply.get("errors", ())
    for result in reply.get("results", ()):
        for error in result["errors"]:
            yield {**error, "row": error.get("row") or result["row"]}


def _document(items: Sequence[Any], row: int | None) -> str:
    if row is None or not 1 <= row <= len(items) or not isinstance(items[row - 1], Mapping):
        return ""
    item = items[row - 1]
    name = next((str(item[one]) for one in _NAMES if item.get(one)), "")
    return name[:100]


def note_items(row: Inbox, items: Sequence[Any]) -> None:
    """Step: each fault of the answered delivery as a row of its own."""
    found = []
    for error in _faults(row.reply or {}):
        number = error.get("row")
        found.append(
            Refusal(
                system=row.system,
                style=row.style,
                delivery=row,
                name=row.key,
                row=number,
                document=_document(items, number),
                field=str(error.get("field") or "")[:60],
                code=str(error["code"])[:60],
                message_zh=str(error["message_zh"])[:300],
                message_en=str(error.get("message_en") or "")[:300],
                at=row.received_at,
            )
        )
    Refusal.objects.bulk_create(found[:_PER_DELIVERY], batch_size=1_000)


@transaction.atomic(durable=True)
def note_whole(
    *, system: str, style: str, name: str, code: str, message: str, message_en: str = ""
) -> None:
    """A delivery, file or request that was not even looked into."""
    Refusal.objects.create(
        system=system[:60],
        style=style,
        name=name[:120],
        code=code[:60],
        message_zh=message[:300],
        message_en=message_en[:300],
        at=clock.now(),
    )
