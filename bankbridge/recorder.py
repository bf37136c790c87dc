"""Wire evidence: an Exchange is committed before the first byte leaves and completed after the last one came."""

from __future__ import annotations

import hashlib
import uuid
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import structlog
from django.db import connection

from bankadapters.contract import Reading, WireExchange, WireRequest
from bankadapters.errors import NotSent
from bankbridge import readings
from bankbridge.masking import masked
from bankbridge.models import Exchange, ExchangeReading
from kernel import clock, vault
from kernel.envelope import Sealer
from kernel.errors import require
from kernel.secrets import Secret
from masterdata.services.connections import note_health

log = structlog.get_logger(__name__)
_PACKED = b"\x00z"
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
    """What the encrypted bytes are bound to; `part` is request or answer, with `:raw` as it went over the wire."""
    return f"exchange:{key}:{part}"


def packed(message: bytes) -> bytes:
    """A message as it is encrypted: compressed, and marked as such."""
    return _PACKED + zlib.compress(message)


def unpacked(text: bytes) -> bytes:
    """The message of a decrypted text."""
    return zlib.decompress(text[len(_PACKED) :]) if text.startswith(_PACKED) else text


class ExchangeRecorder:
    """Writes each exchange in a transaction of its own; used by one thread. `hide` names values no page may show."""

    def __init__(self, connection_id: int, *, secrets: Iterable[Secret] = ()) -> None:
        self.connection_id = connection_id
        self._secrets = {secret.reveal().encode() for secret in secrets if secret}
        self._sealer: Sealer | None = None
        self.spoken: list[dict[str, str]] = []
        self.file_under(About())
        self.last_id: int | None = None
        self._noted: tuple[float, bool] = (float("-inf"), True)

    def file_under(self, about: About) -> None:
        """What the next exchanges are about; `spoken` begins anew: each with the digests of what was said and answered."""
        self.about, self.spoken = about, []

    def hide(self, secret: Secret) -> None:
        """A value that came to be secret: the token of a session."""
        self._secrets.add(secret.reveal().encode())

    def _kept(self, key: str, part: str, message: bytes) -> dict[str, bytes | None]:
        """The columns of one message: masked for pages, and as it was for the bank's workers where that differs."""
        shown = masked(message, self._secrets)
        values: dict[str, bytes | None] = {
            part: vault.ring().encrypt(packed(shown), aad=aad(key, part)),
            f"{part}_raw": None,
        }
        if shown != message:
            self._sealer = self._sealer or vault.sealer()
            sealed = self._sealer.seal(packed(message), aad=aad(key, f"{part}:raw"))
            values[f"{part}_raw"] = sealed
        return values

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
            **self._kept(key, "request", exchange.request),
            request_sha256=hashlib.sha256(exchange.request).hexdigest(),
            request_bytes=len(exchange.request),
        )
        self.last_id = row.pk
        self.spoken.append(
            {"key": key, "operation": row.operation, "request": row.request_sha256, "answer": ""}
        )
        return Ticket(row.pk, key, clock.monotonic())

    def after(self, ticket: object, exchange: WireExchange) -> None:
        """Complete the exchange with what came, or with why nothing did; a completed one is never touched again."""
        if not isinstance(ticket, Ticket):
            raise TypeError("the ticket is not one of ours")
        answer = exchange.answer
        if answer is not None and self.spoken:
            self.spoken[-1]["answer"] = hashlib.sha256(answer).hexdigest()
        values: dict[str, object] = {
            "ended_at": clock.now(),
            "latency_ms": int((clock.monotonic() - ticket.began) * 1000),
            "result": result_word(exchange),
            "error": exchange.error[:300],
        }
        if answer is not None:
            values |= {
                **self._kept(ticket.key, "answer", answer),
                "answer_sha256": hashlib.sha256(answer).hexdigest(),
                "answer_bytes": len(answer),
            }
        Exchange.objects.filter(pk=ticket.exchange_id, result="open").update(**values)
        self._note(values["result"] == "answered", exchange.error)

    def understood(self, asked: WireRequest, answer: bytes, reading: Reading | None) -> None:
        """Keep what was made of the last exchange's answer. The answer stands without it: trouble here is only logged."""
        if self.last_id is None or not self.spoken:
            return
        key = self.spoken[-1]["key"]
        closed = None
        try:
            if hashlib.sha256(answer).hexdigest() != self.spoken[-1]["answer"]:
                self._sealer = self._sealer or vault.sealer()
                closed = self._sealer.seal(packed(answer), aad=f"reading:{key}:answer")
            request = packed(readings.written(asked))
            ExchangeReading.objects.bulk_create(
                [
                    ExchangeReading(
                        exchange_id=self.last_id,
                        key=key,
                        ability=str(asked.operation),
                        asked=vault.ring().encrypt(request, aad=f"reading:{key}:asked"),
                        answer_raw=closed,
                        said=readings.said(reading),
                    )
                ],
                ignore_conflicts=True,
            )
        except Exception:  # money may have moved: its outcome must not be lost over our own notes
            log.exception("reading_not_kept", exchange=key)

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
