"""Taking deliveries from outside: one Inbox row each, the first answer kept and given again for the same key."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.db import transaction

from erpbridge import storable
from erpbridge.contract import Delivery, ItemReply, Kind, Reply, fault
from erpbridge.models import Inbox, TakenOrder
from erpbridge.services import (
    holdings_in,
    master_in,
    payments_in,
    receipts_in,
    refusals,
    vouchers_in,
)
from kernel import clock, seal, vault
from kernel.errors import Conflict, DomainError, InvalidInput
from kernel.scope import Scope
from masterdata.selectors import scope_of_client

if TYPE_CHECKING:
    from masterdata.models import ApiClient

KEY_MAX = 100
ITEMS_MAX = 100  # of a delivery that is taken whole
ITEMS_EACH_MAX = 5_000
Taker = Callable[["ApiClient", Scope, Sequence[Any]], list[ItemReply]]
# What comes in: the right the client needs, and who takes its items one by one.
_TAKERS: dict[Kind, tuple[str, Taker]] = {
    Kind.PAYMENT_REQUEST: ("payments.make", payments_in.take_each),
    Kind.MASTER_DATA: ("payees.propose", master_in.take_each),
    Kind.RECEIPT: ("payments.view", receipts_in.take_each),
    Kind.VOUCHER_ACK: ("vouchers.acknowledge", vouchers_in.take_each),
    Kind.HOLDING: ("payments.view", holdings_in.take_each),
}


def _require_key(key: str) -> None:
    if not 1 <= len(key) <= KEY_MAX or not key.isascii() or not key.isprintable():
        raise InvalidInput(
            "请求头 Idempotency-Key 必填，1 至 100 个可见 ASCII 字符",
            "the header Idempotency-Key is mandatory",
            code="idempotency_key",
            field="Idempotency-Key",
        )


def _claim(client: ApiClient, delivery: Delivery, digest: str) -> Inbox:
    """The Inbox row of this key, locked; a second caller of the same key waits for the first."""
    system = client.name[:60]
    row = Inbox(
        system=system,
        source_system=client.source_system,
        key=delivery.key,
        kind=delivery.kind,
        style=delivery.style,
        digest=digest,
        items=len(delivery.items),
        origin=delivery.origin[:120],
        replay_of_id=delivery.replay_of,
    )
    Inbox.objects.bulk_create([row], ignore_conflicts=True)
    return Inbox.objects.select_for_update().get(system=system, key=delivery.key)


def _digest(delivery: Delivery) -> tuple[bytes, str]:
    """The canonical bytes of what was sent, and their digest: the key belongs to exactly this."""
    data = seal.canonical(
        {"kind": delivery.kind, "items": delivery.items, "is_whole": delivery.is_whole}
    )
    return data, seal.digest(data)


def _kept(delivery: Delivery, data: bytes) -> bytes:
    """What is kept of it: what was sent, and which of its rows could not be read."""
    if not delivery.faults:
        return data
    return seal.canonical({**json.loads(data), "unread": sorted(delivery.faults)})


def take(*, client: ApiClient, delivery: Delivery) -> tuple[Reply, bool]:
    """Take one delivery; answers (reply, whether it is a replay).

    The same key with the same items gives the first answer again. Raises Conflict (key_reused) for other items, InvalidInput
    without a usable key, NotAllowed where the client lacks the right. What is wrong with items stands in the reply; every
    refusal is kept for the monitor.
    """
    try:
        return _take(client, delivery)
    except DomainError as refusal:
        refusals.note_whole(
            system=client.name,
            style=delivery.style,
            name=delivery.key,
            code=refusal.code,
            message=refusal.message,
            message_en=refusal.message_en,
        )
        raise


@transaction.atomic(durable=True)
def _take(client: ApiClient, delivery: Delivery) -> tuple[Reply, bool]:
    _require_key(delivery.key)
    delivery = storable.kept_out(delivery)
    right, taker = _TAKERS[delivery.kind]
    scope = scope_of_client(client)
    scope.demand(right)
    data, digest = _digest(delivery)
    row = _claim(client, delivery, digest)
    if row.digest != digest:
        raise Conflict(
            "该 Idempotency-Key 已用于内容不同的请求",
            "the key was used for another body",
            code="key_reused",
        )
    if row.status:
        return Reply(row.status, row.reply or {}), True
    began = clock.monotonic()
    reply = _answer(client, scope, delivery, taker)
    row.status, row.reply, row.received_at = reply.status, reply.body, clock.now()
    row.content = vault.ring().encrypt(_kept(delivery, data), aad=f"erp.inbox:{row.pk}")
    row.faults = _count_faults(reply)
    row.latency_ms = int((clock.monotonic() - began) * 1000)
    row.save(update_fields=["status", "reply", "received_at", "content", "faults", "latency_ms"])
    refusals.note_items(row, delivery.items)
    if delivery.kind == Kind.PAYMENT_REQUEST:
        _note_orders(row, reply)
    return reply, False


def _note_orders(row: Inbox, reply: Reply) -> None:
    """The orders this delivery became, so that each leads back to it; one that was there keeps its first delivery."""
    made = [(one["order_no"], one["row"]) for one in reply.body.get("orders", ())]
    made += [
        (one["ours"], one["row"])
        for one in reply.body.get("results", ())
        if one["status"] == "OK" and one["ours"]
    ]
    TakenOrder.objects.bulk_create(
        [TakenOrder(order_no=number, delivery=row, row=place) for number, place in made],
        ignore_conflicts=True,
    )


def _answer(client: ApiClient, scope: Scope, delivery: Delivery, taker: Taker) -> Reply:
    most = ITEMS_MAX if delivery.is_whole else ITEMS_EACH_MAX
    if not 1 <= len(delivery.items) <= most:
        text = f"items 应为 1 至 {most} 项"
        return Reply(
            422, {"errors": [fault("items", None, "items_count", text, f"1 to {most} items")]}
        )
    if delivery.is_whole and delivery.kind == Kind.PAYMENT_REQUEST:
        if delivery.faults:
            return Reply(
                422, {"errors": [one for told in delivery.faults.values() for one in told]}
            )
        return payments_in.take_whole(client, scope, delivery.items)
    replies = _each(client, scope, delivery, taker)
    return Reply(200, {"results": [one.as_json() for one in replies]})


def _each(client: ApiClient, scope: Scope, delivery: Delivery, taker: Taker) -> list[ItemReply]:
    """One answer an item, in their order; an item its file told wrongly is refused before anybody takes it."""
    readable = [
        (row, item) for row, item in enumerate(delivery.items, 1) if row not in delivery.faults
    ]
    replies = [ItemReply(row, "ERR", errors=tuple(told)) for row, told in delivery.faults.items()]
    taken = taker(client, scope, [item for _row, item in readable]) if readable else []
    for one in taken:
        row = readable[one.row - 1][0]
        errors = tuple({**error, "row": row} for error in one.errors)
        replies.append(replace(one, row=row, errors=errors))
    return sorted(replies, key=lambda one: one.row)


def _count_faults(reply: Reply) -> int:
    results = reply.body.get("results")
    if isinstance(results, list):
        return sum(one["status"] == "ERR" for one in results)
    return len(reply.body.get("errors", ()))
