"""Replay: stored answers read by the present code, and what it reads otherwise than the code of their day. Changes nothing.

Code tables, adapters and the operator's own tables of a connection all count: whoever changes one sees what it would
have said of every answer the banks gave.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from bankadapters import registry
from bankadapters.contract import Ability, Reading
from bankadapters.conversation import Conversation
from bankadapters.errors import Unreadable
from bankbridge import readings
from bankbridge.adapters import contract_connection, require_unlocked
from bankbridge.models import Exchange, ExchangeReading
from bankbridge.recorder import aad, unpacked
from bankbridge.selectors import connection_row
from kernel import clock, vault
from kernel.errors import DomainError
from payments import selectors as payments

CHUNK = 200


@dataclass(frozen=True)
class Finding:
    """One exchange the present code reads otherwise; `states` are its payments as they stand now, by number."""

    key: str
    at: datetime
    connection: str
    ability: str
    differences: Sequence[readings.Difference]
    states: dict[str, str] = field(default_factory=dict)


@dataclass
class Tally:
    """What a replay came to."""

    read: int = 0
    different: int = 0


def replay(*, since: date, until: date | None, bank: str, tally: Tally) -> Iterator[Finding]:
    """Read again every answer of these days, oldest first; `tally` counts as it goes. Raises DebugLocked, KeysAbsent."""
    rows = ExchangeReading.objects.filter(read_at__gte=_start(since))
    if until is not None:
        rows = rows.filter(read_at__lt=_start(until, days=1))
    if bank:
        rows = rows.filter(exchange__connection__bank_slug=bank)
    adapters: dict[int, Conversation] = {}
    ordered = rows.select_related("exchange", "exchange__connection").order_by("read_at", "pk")
    for row in ordered.iterator(chunk_size=CHUNK):
        exchange = row.exchange
        if exchange.connection_id not in adapters:
            adapters[exchange.connection_id] = _adapter(exchange.connection_id)
        tally.read += 1
        now = readings.said(_read(adapters[exchange.connection_id], row))
        found = readings.differences(row.said, now)
        if found:
            tally.different += 1
            yield _finding(row, exchange, found)


def _start(day: date, *, days: int = 0) -> datetime:
    return datetime.combine(day + timedelta(days=days), time(), tzinfo=clock.SHANGHAI)


def _adapter(connection_id: int) -> Conversation:
    """The adapter of a connection without a way to its bank."""
    row = connection_row(connection_id)
    require_unlocked(row)
    made = registry.open(contract_connection(row), transport=_Nowhere())
    if not isinstance(made, Conversation):
        raise TypeError(f"{row.bank_slug} does not talk in requests and answers")
    return made


class _Nowhere:
    """A transport that carries nothing: reading again never talks to anybody."""

    def exchange(self, request: bytes, *, target: str = "") -> bytes:
        """Refused."""
        raise RuntimeError("a replay talks to no bank")

    def close(self) -> None:
        """Holds nothing."""


def _read(adapter: Conversation, row: ExchangeReading) -> Reading | None:
    """What the present code makes of a stored answer; None where it cannot read it."""
    asked = readings.request_of(
        unpacked(vault.ring().decrypt(bytes(row.asked), aad=f"reading:{row.key}:asked"))
    )
    answer, moment = _answer(row), row.read_at.astimezone(clock.SHANGHAI)
    try:
        with clock.fixed(moment):  # some answers tell no day: theirs is the day they came
            return adapter.read(Ability(row.ability), answer, asked=asked)
    except (Unreadable, DomainError):
        return None


def _answer(row: ExchangeReading) -> bytes:
    """The bytes that were read: as the reading holds them, or as the exchange does."""
    if row.answer_raw is not None:
        return unpacked(vault.opener().open(bytes(row.answer_raw), aad=f"reading:{row.key}:answer"))
    exchange = row.exchange
    if exchange.answer_raw is not None:
        closed = bytes(exchange.answer_raw)
        return unpacked(vault.opener().open(closed, aad=aad(exchange.key, "answer:raw")))
    kept = b"" if exchange.answer is None else bytes(exchange.answer)
    return unpacked(vault.ring().decrypt(kept, aad=aad(exchange.key, "answer"))) if kept else b""


def _finding(row: ExchangeReading, exchange: Exchange, found: list[readings.Difference]) -> Finding:
    numbers = [one.of for one in found if one.is_payment]
    states = payments.states_by_reference(exchange.connection_id, numbers) if numbers else {}
    return Finding(row.key, row.read_at, exchange.connection.name, row.ability, found, states)


def count_bare(*, since: date, until: date | None, bank: str) -> int:
    """Exchanges of these days that have no reading: of before readings were kept, sign-ons, what was never answered."""
    rows = Exchange.objects.filter(began_at__gte=_start(since), reading=None)
    if until is not None:
        rows = rows.filter(began_at__lt=_start(until, days=1))
    if bank:
        rows = rows.filter(connection__bank_slug=bank)
    return rows.exclude(operation__in=("sign", "verify")).count()
