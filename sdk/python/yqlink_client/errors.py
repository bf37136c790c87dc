"""What can go wrong, sorted by what the caller should do next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class YqlinkError(Exception):
    """Any failure of a call."""


class NoAnswer(YqlinkError):
    """No trustworthy answer came, after all retries: what was asked may or may not have been done.

    Ask again with the same idempotency key and the same items; never with a new key.
    """


class ApiError(YqlinkError):
    """The platform answered and said no. `status` is HTTP's; `errors` are its faults, row by row."""

    def __init__(self, status: int, errors: Sequence[Mapping[str, Any]]) -> None:
        self.status, self.errors = status, [dict(one) for one in errors]
        first = self.errors[0] if self.errors else {}
        self.code = str(first.get("code", ""))
        words = str(first.get("message_en") or first.get("message_zh") or "")
        super().__init__(f"{status} {self.code} {words}".strip())


class Refused(ApiError):
    """Items are wrong (422): mend them and send them under a new key."""


class KeyReused(ApiError):
    """The idempotency key was used for other items (409, code key_reused): an error of the caller's numbering."""
