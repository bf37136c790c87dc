"""Where private keys live: one provider each. What differs is how a signature is checked, and who makes it.

A software key signs the message itself. A key whose private half never leaves a token (WebAuthn) signs a grant before the
decisions are made, and counts for the decisions it names: see `approvals.signing.grants`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from approvals.signing import grants
from kernel import signatures


class Provider(Protocol):
    """How the signatures of one kind of key are checked."""

    def holds(self, algorithm: str, point: bytes, message: bytes, signature: bytes) -> bool:
        """Whether the key signed the message. Never raises for what was stored or sent."""

    def covers(self, signature: bytes, statement: bytes) -> bool:
        """Whether a signature that holds is about this statement, as far as its message does not say so."""


class SoftwareKeys:
    """Private keys in our database, under their owners' passphrases."""

    def holds(self, algorithm: str, point: bytes, message: bytes, signature: bytes) -> bool:
        """The plain signature of the message."""
        return signatures.verify(algorithm, point, message, signature)

    def covers(self, signature: bytes, statement: bytes) -> bool:
        """The message leads to every statement."""
        return True


class SecurityKeys:
    """Private keys in tokens, asked through their owners' browsers."""

    def holds(self, algorithm: str, point: bytes, message: bytes, signature: bytes) -> bool:
        """The token granted the act whose key signed the message."""
        is_known = algorithm == signatures.Algorithm.ECDSA
        return is_known and grants.holds(point, message=message, envelope=signature)

    def covers(self, signature: bytes, statement: bytes) -> bool:
        """The grant names act, page, content and key."""
        return grants.covers(signature, statement)


PROVIDERS: Mapping[str, Provider] = {"software": SoftwareKeys(), "webauthn": SecurityKeys()}


def holds(provider: str, algorithm: str, point: bytes, *, message: bytes, signature: bytes) -> bool:
    """Whether a key of this provider signed the message; an unknown provider signs nothing."""
    known = PROVIDERS.get(provider)
    return known is not None and known.holds(algorithm, point, message, signature)


def covers(provider: str, signature: bytes, statement: bytes) -> bool:
    """Whether a signature of this provider that holds is about the statement."""
    known = PROVIDERS.get(provider)
    return known is not None and known.covers(signature, statement)
