"""Signers: who puts a signature on a message before it leaves."""

from __future__ import annotations

from typing import Protocol


class Signer(Protocol):
    """Turns a message into a signed message. Raises NotSent when it cannot sign: nothing has left yet."""

    def sign(self, message: bytes) -> bytes: ...


class FrontEndSigner:
    """The bank's own front-end signs what passes through it; we send the message as it is."""

    def sign(self, message: bytes) -> bytes:
        """The message, unchanged."""
        return message
