"""Where private keys live: one provider each. What differs is how a signature is checked, and who makes it.

A provider whose private half never leaves a token (USB key, WebAuthn) makes its signatures outside: its `Signer` is given
the finished signature of the message that was shown, and hands it over in `sign`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from kernel import signatures


class Provider(Protocol):
    """How the signatures of one kind of key are checked."""

    def holds(self, algorithm: str, point: bytes, message: bytes, signature: bytes) -> bool:
        """Whether the key signed the message. Never raises for what was stored or sent."""


class SoftwareKeys:
    """Private keys in our database, under their owners' passphrases."""

    def holds(self, algorithm: str, point: bytes, message: bytes, signature: bytes) -> bool:
        """The plain signature of the message."""
        return signatures.verify(algorithm, point, message, signature)


PROVIDERS: Mapping[str, Provider] = {"software": SoftwareKeys()}


def holds(provider: str, algorithm: str, point: bytes, *, message: bytes, signature: bytes) -> bool:
    """Whether a key of this provider signed the message; an unknown provider signs nothing."""
    known = PROVIDERS.get(provider)
    return known is not None and known.holds(algorithm, point, message, signature)
