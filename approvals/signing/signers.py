"""Signing: one act of one person becomes one signature, and every decision in it can be proven alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from django.db import transaction

from approvals.signing import statements
from approvals.signing.models import Signature
from kernel import merkle, signatures, vault
from kernel.errors import require
from kernel.secrets import Secret


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

    def sign(self, message: bytes) -> bytes:
        """The signature of a message."""


@dataclass(frozen=True)
class SoftwareSigner:
    """A software key its owner unlocked for one act; the private half is not printed and not kept."""

    key_id: int
    fingerprint: str
    person_key: str
    algorithm: str
    point: bytes
    private: Secret  # hex

    def sign(self, message: bytes) -> bytes:
        """The signature, r‖s."""
        private = bytes.fromhex(self.private.reveal())
        return signatures.sign(self.algorithm, private, self.point, message)


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
    row = Signature.objects.create(
        key_id=signer.key_id,
        root=root.hex(),
        signature=signer.sign(statements.message(root)),
        shown=vault.ring().encrypt(shown, aad=shown_aad(root.hex())),
        at=at,
    )
    return {number: Endorsed(row.pk, path) for number, path in zip(said, paths, strict=True)}
