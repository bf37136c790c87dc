"""The four kinds of domain error, each with one response, and `require` for invariants.

`InvalidInput` 422, `NotAllowed` 403, `NotFound` 404, `Conflict` 409. Messages are fit for users: Chinese first.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass


class DomainError(Exception):
    """A refusal the user can understand. `code` is stable for API clients; `message` is Chinese, `message_en` English."""

    status = 400
    code = "domain_error"

    def __init__(
        self,
        message: str,
        message_en: str = "",
        *,
        code: str = "",
        field: str = "",
        row: int | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.message_en = message_en or message
        self.field = field
        self.row = row
        if code:
            self.code = code


class InvalidInput(DomainError):
    """What was typed or sent cannot be taken; says which field (and row) and what was expected."""

    status = 422
    code = "invalid_input"


class NotAllowed(DomainError):
    """The person or client may not do this, whatever the object's state."""

    status = 403
    code = "not_allowed"


class NotFound(DomainError):
    """Absent, or outside the viewer's scope: the two look exactly alike."""

    status = 404
    code = "not_found"

    def __init__(self, noun: str = "object", message: str = "") -> None:
        super().__init__(message or "未找到所请求的内容", f"{noun} not found")


class Conflict(DomainError):
    """The object moved on, or the same key was used for something else."""

    status = 409
    code = "conflict"


class InvariantBroken(Exception):
    """A bug or an attack: something that can never be true was true. Not caught anywhere; it pages us."""


@dataclass(frozen=True)
class Finding:
    """One hit of a check rule: what it is, whether it blocks, holds or warns, and in plain words why."""

    rule: str
    level: str  # "block" | "hold" | "warn"
    message: str
    message_en: str = ""
    field: str = ""
    details: dict[str, str] = dataclasses.field(default_factory=dict)


def require(claim: object, message: str) -> None:
    """Raise `InvariantBroken` unless `claim` holds (plain assert vanishes under -O)."""
    if not claim:
        raise InvariantBroken(message)
