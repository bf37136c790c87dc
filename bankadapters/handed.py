"""What the bridge hands an adapter: who keeps the evidence of each message, and who lets it wait its turn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from bankadapters.contract import Reading, WireRequest


@dataclass(frozen=True)
class WireExchange:
    """One request and what came back, for the Exchange record. `answer` is None while (or when) nothing came."""

    operation: str
    request: bytes
    answer: bytes | None = None
    error: str = ""


class WireRecorder(Protocol):
    """Told before the first byte leaves and after the last one came; the bridge commits both."""

    def before(self, exchange: WireExchange) -> object: ...

    def after(self, ticket: object, exchange: WireExchange) -> None: ...

    def understood(self, asked: WireRequest, answer: bytes, reading: Reading | None) -> None:
        """What was made of the answer to a request; None where it could not be read. Never raises."""


class Pacer(Protocol):
    """Who lets messages to a bank leave one after the other, over all processes that talk to it."""

    def turn(self, kind: str, interval_s: float) -> None:
        """Wait until a message of this kind (pay, query) may leave, `interval_s` after the one before it.

        Raises NotSent when its turn does not come in time.
        """
