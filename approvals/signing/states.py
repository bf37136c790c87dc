"""The life of a personal signing key."""

from __future__ import annotations

from enum import StrEnum

from kernel.states import Flow, move


class KeyState(StrEnum):
    """Where a key is in its life."""

    PENDING = "pending"  # its owner made it; nobody vouches for it yet
    ACTIVE = "active"
    REFUSED = "refused"
    RETIRED = "retired"  # replaced by a newer one; what it signed stays good
    REVOKED = "revoked"  # lost or suspect


S = KeyState
KEY = Flow(
    KeyState,
    move("confirm", S.PENDING, S.ACTIVE),
    move("refuse", S.PENDING, S.REFUSED),
    move("retire", S.ACTIVE, S.RETIRED),
    move("revoke", (S.PENDING, S.ACTIVE, S.RETIRED), S.REVOKED),
    initial=S.PENDING,
)
