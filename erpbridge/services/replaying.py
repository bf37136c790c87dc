"""Inbound replay: what was refused is taken once more, after its cause was mended here; never what was taken already."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction

from audit import services as audit
from erpbridge import selectors
from erpbridge.contract import Delivery, Kind, Reply
from erpbridge.models import Inbox, Refusal
from erpbridge.services import taking
from kernel import clock, vault
from kernel.errors import Conflict, InvalidInput, NotFound
from masterdata.api_access import client_named
from masterdata.selectors import scope_of, scope_of_client

if TYPE_CHECKING:
    from masterdata.models import ApiClient, User

RIGHT = "connections.edit"


@dataclass(frozen=True)
class Again:
    """What is taken once more, and as what."""

    client: ApiClient
    delivery: Delivery
    rows: list[int]  # of the first delivery


def content_of(row: Inbox) -> dict[str, Any]:
    """What was sent, in clear: `kind`, `items`, `is_whole`; empty where nothing was kept."""
    if not row.content:
        return {}
    data = vault.ring().decrypt(bytes(row.content), aad=f"erp.inbox:{row.pk}")
    found: dict[str, Any] = json.loads(data)
    return found


def _refused_rows(row: Inbox, content: dict[str, Any]) -> list[int]:
    """The rows nobody took: those the answer calls wrong, or all where the whole delivery was refused.

    None that a replay took since, whatever became of it, and none whose file could not be read: what an unreadable cell
    said stands in no item, and must not be left out.
    """
    results = (row.reply or {}).get("results")
    if results is None:
        return list(range(1, len(content.get("items", ())) + 1))
    settled = row.refusals.exclude(settled_at=None).values_list("row", flat=True)
    done = {*settled, *content.get("unread", ())}
    wrong = [one["row"] for one in results if one["status"] == "ERR"]
    return [number for number in wrong if number not in done]


@transaction.atomic(durable=True)
def _claimed(delivery_id: int, actor: User, why: str) -> Again:
    scope = scope_of(actor)
    row = selectors.get_delivery(delivery_id, scope=scope, lock=True)
    client = client_named(row.system)
    if client is None or not client.is_active:
        raise Conflict("该财务系统已停用", "the system is stopped")
    scope.demand(RIGHT)
    for company_id in scope_of_client(client).company_ids:
        scope.demand(RIGHT, company_id)
    if not why.strip():
        raise InvalidInput("请填写重放的原因", "a reason is wanted", field="why")
    content = content_of(row)
    if not row.faults or not content:
        raise Conflict("此报文没有被拒绝的内容，无需重放", "nothing of it was refused")
    if row.replay_of_id is not None:
        raise Conflict("这是一次重放，请在原报文上再次重放", "replay the first delivery instead")
    if not row.refusals.filter(settled_at=None).exists():
        raise Conflict("被拒绝的内容已经重放成功", "what was refused was taken since")
    rows = _refused_rows(row, content)
    if not rows:
        raise Conflict(
            "被拒绝的行有无法识别的单元格，请改正文件后重新发送",
            "cells of the refused rows could not be read: mend the file and send it again",
        )
    items = [content["items"][number - 1] for number in rows]
    number = row.replays.count() + 1
    audit.record(
        "erpbridge.inbox.replayed",
        actor=actor,
        subject=row,
        after={"key": row.key, "items": len(items), "replay": number},
        why=why.strip()[:200],
    )
    delivery = Delivery(
        Kind(row.kind),
        f"replay:{row.pk}:{number}",
        items,
        style=row.style,
        origin=f"重放 {actor.display_name or actor.username}",
        is_whole=bool(content["is_whole"]),
        replay_of=row.pk,
    )
    return Again(client, delivery, rows)


@transaction.atomic(durable=True)
def _settle(delivery_id: int, rows: list[int], reply: Reply) -> int:
    """Refusals of the first delivery whose items were taken now; returns how many items were taken."""
    open_rows = Refusal.objects.filter(delivery_id=delivery_id, settled_at=None)
    results = reply.body.get("results")
    if results is None:
        is_taken = reply.status < 400
        if is_taken:
            open_rows.update(settled_at=clock.now())
        return len(reply.body.get("orders", ())) if is_taken else 0
    taken = [row for row, now in zip(rows, results, strict=False) if now["status"] != "ERR"]
    open_rows.filter(row__in=taken).update(settled_at=clock.now())
    return len(taken)


def replay(*, delivery_id: int, actor: User, why: str) -> tuple[Inbox, int]:
    """Take the refused items of a delivery once more; the replay's own row, and how many were taken.

    Raises NotFound, NotAllowed, InvalidInput (no reason), Conflict (nothing refused, or the system is stopped).
    """
    again = _claimed(delivery_id, actor, why)
    reply, _ = taking.take(client=again.client, delivery=again.delivery)
    taken = _settle(delivery_id, again.rows, reply)
    row = Inbox.objects.filter(system=again.client.name[:60], key=again.delivery.key).first()
    if row is None:
        raise NotFound("delivery")
    return row, taken
