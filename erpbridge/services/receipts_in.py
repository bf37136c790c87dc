"""The finance system says which of our messages it has safely stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.db import transaction

from erpbridge.contract import ItemReply, fault
from erpbridge.models import Outbox
from erpbridge.selectors import own_messages
from kernel import clock
from kernel.scope import Scope
from masterdata.selectors import scope_of_client

if TYPE_CHECKING:
    from masterdata.models import ApiClient


def take_each(client: ApiClient, scope: Scope, items: Sequence[Any]) -> list[ItemReply]:
    """Mark messages as acknowledged: OK the first time, DUP after, ERR for ids that are not the client's."""
    wanted = {
        row: str(item.get("message_id", "")) if isinstance(item, Mapping) else ""
        for row, item in enumerate(items, 1)
    }
    mine = {
        one.message_id: one
        for one in own_messages(client, scope=scope).filter(message_id__in=set(wanted.values()))
    }
    fresh = {name for name, one in mine.items() if one.acked_at is None}
    Outbox.objects.filter(pk__in=[mine[name].pk for name in fresh]).update(acked_at=clock.now())
    replies, told = [], set()
    for row, name in wanted.items():
        if name not in mine:
            error = fault("message_id", row, "not_found", "未找到该消息号", "unknown message id")
            replies.append(ItemReply(row, "ERR", errors=(error,)))
            continue
        is_first = name in fresh and name not in told
        told.add(name)
        replies.append(ItemReply(row, "OK" if is_first else "DUP", name))
    return replies


@transaction.atomic(durable=True)
def acknowledge(*, client: ApiClient, message_ids: Sequence[str]) -> int:
    """`take_each` as a command, for callers that only want to know how many were new; unknown or foreign ids change nothing."""
    items = [{"message_id": name} for name in message_ids]
    replies = take_each(client, scope_of_client(client), items)
    return sum(one.status == "OK" for one in replies)
