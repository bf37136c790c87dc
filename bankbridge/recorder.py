"""Wire evidence: an Exchange is committed before the first byte leaves and completed after the last one came."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from bankadapters.contract import WireExchange
from bankadapters.errors import NotSent
from bankbridge.models import Exchange
from kernel import clock, vault
from kernel.errors import require
from masterdata.services.connections import note_health

NOTE_EVERY_S = (
    5.0  # a busy connection's health is written down at most this often, its changes at once
)


@dataclass(frozen=True)
class About:
    """What an exchange is about."""

    kind: str = ""
    id: int | None = None
    company_id: int | None = None
    until: datetime | None = None  # the lease of what is said: no byte of it may leave later


@dataclass(frozen=True)
class Ticket:
    """An exchange under way."""

    exchange_id: int
    key: str
    began: float


def aad(key: str, part: str) -> str:
    """What the encrypted bytes are bound to; `part` is request or answer."""
    return f"exchange:{key}:{part}"


class ExchangeRecorder:
    """Writes each exchange in a transaction of its own; used by one thread."""

    def __init__(self, connection_id: int) -> None:
        self.connection_id = connection_id
        self.about = About()
        self.last_id: int | None = None
        self._noted: tuple[float, bool] = (float("-inf"), True)

    def before(self, exchange: WireExchange) -> Ticket:
        """Commit the request before its first byte leaves.

        Raises InvariantBroken inside a transaction, NotSent once the lease is over: whoever waited longer than that (a
        lock, a suspended machine) finds that others have taken the payment for lost and may have decided its fate.
        """
        until = self.about.until
        if until is not None and clock.now() >= until:
            raise NotSent("the lease ended before anything was sent")
        require(
            not connection.in_atomic_block, "no transaction may be open while a bank is talked to"
        )
        key = uuid.uuid4().hex
        row = Exchange.objects.create(
            key=key,
            connection_id=self.connection_id,
            operation=exchange.operation[:20],
            subject_kind=self.about.kind,
            subject_id=self.about.id,
            company_id=self.about.company_id,
            request=vault.ring().encrypt(exchange.request, aad=aad(key, "request")),
            request_sha256=hashlib.sha256(exchange.request).hexdigest(),
            request_bytes=len(exchange.request),
        )
        self.last_id = row.pk
        return Ticket(row.pk, key, clock.monotonic())

    def after(self, ticket: object, exchange: WireExchange) -> None:
        """Complete the exchange with what came, or with why nothing did; a completed one is never touched again."""
        if not isinstance(ticket, Ticket):
            raise TypeError("the ticket is not one of ours")
        answer = exchange.answer
        values: dict[str, object] = {
            "ended_at": clock.now(),
            "latency_ms": int((clock.monotonic() - ticket.began) * 1000),
            "result": result_word(exchange),
            "error": exchange.error[:300],
        }
        if answer is not None:
            values |= {
                "answer": vault.ring().encrypt(answer, aad=aad(ticket.key, "answer")),
                "answer_sha256": hashlib.sha256(answer).hexdigest(),
                "answer_bytes": len(answer),
            }
        Exchange.objects.filter(pk=ticket.exchange_id, result="open").update(**values)
        self._note(values["result"] == "answered", exchange.error)

    def _note(self, well: bool, error: str) -> None:
        noted_at, noted_well = self._noted
        now = clock.monotonic()
        if well != noted_well or now - noted_at > NOTE_EVERY_S:
            self._noted = (now, well)
            note_health(self.connection_id, error="" if well else error or "未收到应答")


def result_word(exchange: WireExchange) -> str:
    """answered, unreadable, not_sent or lost, from what the adapter reports of the exchange."""
    if exchange.answer is not None:
        return "unreadable" if exchange.error else "answered"
    return "not_sent" if exchange.error.startswith(("not_sent", "NotSent")) else "lost"
