"""What every side can do: send a delivery, read its answer, fetch messages and say that they are stored."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

Item = Mapping[str, str]


class Side(Protocol):
    """One style, from the finance system's end. `key` is its own number of a delivery."""

    def send(self, items: Sequence[Item], *, key: str, kind: str = "payment_request") -> None:
        """Hand a delivery over; the answer may come later."""

    def answer(self, key: str) -> dict[str, Any] | None:
        """`{"results": […]}`, or `{"refused": code}`; None while there is none."""

    def fetch(self) -> list[dict[str, Any]]:
        """Messages that were not acknowledged yet, each with its `message_id`; the same may come again."""

    def acknowledge(self, message_ids: Sequence[str]) -> None:
        """Say that these are stored here."""


def signature(key: str, content: Mapping[str, Any]) -> str:
    """HMAC-SHA-256, hex, over the JSON of `content` without `sign`: keys sorted, no blanks, UTF-8."""
    plain = {name: value for name, value in content.items() if name != "sign"}
    text = json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()
