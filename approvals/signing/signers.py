"""Signing: one act of one person becomes one signature, and every decision in it can be proven alone."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from django.db import transaction

from approvals.signing import statements
from approvals.signing.grants import Grant, kept
from approvals.signing.models import Signature
from kernel import merkle, signatures, vault
from kernel.errors import NotAllowed, require
from kernel.secrets import Secret
from kernel.security_keys import Touch


class Signer(Protocol):
    """Somebody's key, ready to sign now."""

    @property
    def key_id(self) -> int:
        """The row of the key."""

    @property
    def fingerprint(self) -> str:
        """The name of the key."""

    @property
    def person_key(self) -> str:
        """The natural person it belongs to."""

    def sign(self, message: bytes, contents: Sequence[str] = ()) -> bytes:
        """The signature of a message that stands for decisions on these contents."""


@dataclass(frozen=True)
class SoftwareSigner:
    """A software key its owner unlocked for one act; the private half is not printed and not kept."""

    key_id: int
    fingerprint: str
    person_key: str
    algorithm: str
    point: bytes
    private: Secret  # hex

    def sign(self, message: bytes, contents: Sequence[str] = ()) -> bytes:
        """The signature, r‖s."""
        private = bytes.fromhex(self.private.reveal())
        return signatures.sign(self.algorithm, private, self.point, message)


@dataclass(frozen=True)
class TokenSigner:
    """A key in a token whose owner granted one act by a touch; `hand` is the private key of that act."""

    key_id: int
    fingerprint: str
    person_key: str
    grant: Grant
    touch: Touch
    hand: Secret  # hex
    point: bytes  # of the hand

    def sign(self, message: bytes, contents: Sequence[str] = ()) -> bytes:
        """The grant, the touch, and the signature of the act's key. Raises NotAllowed for a content that was not granted."""
        if not contents or not set(contents) <= set(self.grant.paths):
            raise NotAllowed(
                "安全密钥的签名不包含此内容，请重新打开页面",
                "the touch did not grant this content",
                code="not_granted",
            )
        private = bytes.fromhex(self.hand.reveal())
        own = signatures.sign(signatures.Algorithm.ECDSA, private, self.point, message)
        return kept(self.grant, self.touch, signature=own, contents=contents)


@dataclass(frozen=True)
class Endorsed:
    """One statement under a signature."""

    signature_id: int
    path: str


def shown_aad(root: str) -> str:
    """What the encrypted page of a signature is bound to."""
    return f"signature:{root}"


def endorse(
    said: Mapping[int, bytes], *, signer: Signer, shown: bytes, at: datetime
) -> dict[int, Endorsed]:
    """Sign these statements at once and keep the signature (a step); what became of each, by its key."""
    require(transaction.get_connection().in_atomic_block, "a signature is kept with its decisions")
    if not said:
        return {}
    root, paths = merkle.tree(list(said.values()))
    contents = [str(json.loads(statement)["content"]) for statement in said.values()]
    row = Signature.objects.create(
        key_id=signer.key_id,
        root=root.hex(),
        signature=signer.sign(statements.message(root), contents),
        shown=vault.ring().encrypt(shown, aad=shown_aad(root.hex())),
        at=at,
    )
    return {number: Endorsed(row.pk, path) for number, path in zip(said, paths, strict=True)}
