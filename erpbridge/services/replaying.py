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


def content_of(row: Inbox) -> dict[str, Any]:
    """What was sent, in clear: `kind`, `items`, `is_whole`; empty where nothing was kept."""
    if not row.content:
        return {}
    data = vault.ring().decrypt(bytes(row.content), aad=f"erp.inbox:{row.pk}")
    found: dict[str, Any] = json.loads(data)
    return found


def _refused_items(row: Inbox, items: list[Any]) -> list[Any]:
    """The items nobody took: those the answer calls wrong, or all where the whole delivery was refused."""
    results = (row.reply or {}).get("results")
    if results is None:
        return items
    return [items[one["row"] - 1] for one in results if one["status"] == "ERR"]


@transaction.atomic(durable=True)
def _claimed(delivery_id: int, actor: User, why: str) -> Again:
    scope = scope_of(actor)
    row = selectors.get_delivery(delivery_id, scope=scope, lock=True)
    client = client_named(row.system)
    if client is None or not client.is_active:
        raise Conflict("该财务系统已停用", "the system is stopped")
    for company_id in scope_of_client(client).company_ids:
        scope.demand(RIGHT, company_id)
    if not why.strip():
        raise InvalidInput("请填写重放的原因", "a reason is wanted", field="why")
    content = content_of(row)
    items = _refused_items(row, content.get("items", [])) if row.faults else []
    if not items:
        raise Conflict("此报文没有被拒绝的内容，无需重放", "nothing of it was refused")
    if not row.refusals.filter(settled_at=None).exists():
        raise Conflict("被拒绝的内容已经重放成功", "what was refused was taken since")
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
    return Again(client, delivery)


@transaction.atomic(durable=True)
def _settle(delivery_id: int, reply: Reply) -> int:
    """Refusals of the first delivery whose items were taken now; returns how many items were taken."""
    open_rows = Refusal.objects.filter(delivery_id=delivery_id, settled_at=None)
    results = reply.body.get("results")
    if results is None:
        is_taken = reply.status < 400
        if is_taken:
            open_rows.update(settled_at=clock.now())
        return len(reply.body.get("orders", ())) if is_taken else 0
    rows = Inbox.objects.values_list("reply", flat=True).get(pk=delivery_id) or {}
    before = [one["row"] for one in rows.get("results", ()) if one["status"] == "ERR"]
    taken = [first for first, now in zip(before, results, strict=False) if now["status"] != "ERR"]
    open_rows.filter(row__in=taken).update(settled_at=clock.now())
    return len(taken)


def replay(*, delivery_id: int, actor: User, why: str) -> tuple[Inbox, int]:
    """Take the refused items of a delivery once more; the replay's own row, and how many were taken.

    Raises NotFound, NotAllowed, InvalidInput (no reason), Conflict (nothing refused, or the system is stopped).
    """
    again = _claimed(delivery_id, actor, why)
    reply, _ = taking.take(client=again.client, delivery=again.delivery)
    taken = _settle(delivery_id, reply)
    row = Inbox.objects.filter(system=again.client.name[:60], key=again.delivery.key).first()
    if row is None:
        raise NotFound("delivery")
    return row, taken
