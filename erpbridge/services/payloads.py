"""What a message with a finance system says, to those who may read it, and never without a trace."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction

from audit import services as audit
from erpbridge import selectors
from erpbridge.models import Inbox, Outbox
from erpbridge.services.publish import items_of
from erpbridge.services.replaying import content_of
from kernel import clock
from kernel.errors import Conflict, InvalidInput, NotAllowed
from kernel.scope import Scope
from masterdata.selectors import scope_of, visible_companies

if TYPE_CHECKING:
    from masterdata.models import User

SHOWN_MAX = 200_000
RESEND = "connections.edit"


@dataclass(frozen=True)
class Opened:
    """A payload as text; cut where it is very long."""

    text: str
    is_cut: bool


def _opened(content: Any) -> Opened:
    text = json.dumps(content, ensure_ascii=False, indent=2, sort_keys=True)
    return Opened(text[:SHOWN_MAX], len(text) > SHOWN_MAX)


def _demand(may_read: bool) -> None:
    """Who watches lanes sees that something was said; what was said is for those who may read exchanges."""
    if not may_read:
        raise NotAllowed(
            "您没有查看报文内容的权限", "exchanges.read is missing", code="right_missing"
        )


@transaction.atomic(durable=True)
def open_delivery(*, delivery_id: int, actor: User, scope: Scope) -> tuple[Inbox, Opened, Opened]:
    """A delivery with what was sent and what was answered. Raises NotFound, NotAllowed."""
    row = selectors.get_delivery(delivery_id, scope=scope)
    _demand(selectors.visible_inbox(scope).filter(pk=row.pk).exists())
    audit.record("erpbridge.inbox.read", actor=actor, subject=row)
    return row, _opened(content_of(row)), _opened(row.reply or {})


@transaction.atomic(durable=True)
def open_message(*, message_id: int, actor: User, scope: Scope) -> tuple[Outbox, Opened]:
    """A message with what it tells. Raises NotFound, NotAllowed."""
    row = selectors.get_message(message_id, scope=scope)
    _demand(selectors.visible_outbox(scope).filter(pk=row.pk).exists())
    audit.record("erpbridge.outbox.read", actor=actor, subject=row)
    return row, _opened(items_of(row))


@transaction.atomic(durable=True)
def send_again(*, message_id: int, actor: User, why: str) -> Outbox:
    """Give a message that was pushed in vain, or waits for its next try, another try at once.

    Raises NotFound, NotAllowed, InvalidInput (no reason), Conflict (it arrived).
    """
    scope = scope_of(actor)
    row = selectors.get_message(message_id, scope=scope, lock=True)
    company = visible_companies(scope).filter(code=row.company_code).first()
    scope.demand(RESEND, company.pk if company else None)
    if not why.strip():
        raise InvalidInput("请填写原因", "a reason is wanted", field="why")
    if row.acked_at is not None or row.delivered_at is not None:
        raise Conflict("该消息已送达", "it was delivered")
    before = {"attempts": row.attempts, "dead_at": row.dead_at}
    row.attempts, row.dead_at, row.next_attempt_at = 0, None, clock.now()
    row.save(update_fields=["attempts", "dead_at", "next_attempt_at"])
    audit.record(
        "erpbridge.outbox.sent_again",
        actor=actor,
        subject=row,
        before=before,
        why=why.strip()[:200],
    )
    return row
