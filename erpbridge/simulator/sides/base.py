"""What every side can do: send a delivery, read its answer, fetch messages and say that they are stored."""

from __future__ import annotations

import hashlib
import hmac
import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from erpbridge.simulator.books import Books

Item = Mapping[str, str]


class Side(ABC):
    """One style, from the finance system's end. `key` is its own number of a delivery."""

    wants_receipts = True  # whether the platform is told what is stored here

    @abstractmethod
    def send(self, items: Sequence[Item], *, key: str, kind: str = "payment_request") -> None:
        """Hand a delivery over; the answer may come later."""

    @abstractmethod
    def answer(self, key: str) -> dict[str, Any] | None:
        """`{"results": […]}`, or `{"refused": code}`; None while there is none."""

    @abstractmethod
    def fetch(self) -> list[dict[str, Any]]:
        """Messages that were not acknowledged yet, each with its `message_id`; the same may come again."""

    @abstractmethod
    def acknowledge(self, message_ids: Sequence[str]) -> None:
        """Say that these are stored here."""

    def holds(self, key: str, kind: str) -> bool:
        """Whether this delivery lies where the platform finds it: then it is not handed over again."""
        return False

    def fetch_all(self) -> list[dict[str, Any]]:
        """Messages of every kind, where `fetch` gives results alone."""
        return self.fetch()

    def import_vouchers(self, books: Books) -> int:
        """Vouchers that come otherwise than as messages; how many were entered."""
        return 0


def signature(key: str, content: Mapping[str, Any]) -> str:
    """HMAC-SHA-256, hex, over the JSON of `content` without `sign`: keys sorted, no blanks, UTF-8."""
    plain = {name: value for name, value in content.items() if name != "sign"}
    text = json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()
