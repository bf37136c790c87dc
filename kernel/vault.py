"""The keys of this process, from its environment: the ring for what we keep, the envelopes for the bank's workers, the seal.

DATA_KEYS="1:base64,2:base64" (32 bytes each; the highest id encrypts, all decrypt) serve what pages and workers read again.
SEAL_PUBLIC_KEYS close what only the workers that talk to banks may open, with their SEAL_PRIVATE_KEYS: payment
instructions, and the credentials and sessions of bank connections. SEAL_KEY (base64) makes the seal of an instruction.
A text of the ring is `v` (AES-256-GCM) or `s` (SM4-GCM) ‖ key id ‖ nonce ‖ ciphertext ‖ tag.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from kernel import signatures
from kernel.ciphers import (
    INTL,
    NONCE_BYTES,
    SM,
    TAG_BYTES,
    Undecipherable,
    close,
    derive,
    opened,
    suite_in_use,
)
from kernel.envelope import KeysAbsent, Opener, Sealer, parsed

__all__ = [
    "SEALED_EXTRA_BYTES",
    "Closed",
    "KeyRing",
    "KeysAbsent",
    "Undecipherable",
    "can_open",
    "newest_envelope",
    "opener",
    "platform_points",
    "ring",
    "seal_key",
    "sealer",
    "sign_as_platform",
]

SEALED_EXTRA_BYTES = (
    2 + NONCE_BYTES + TAG_BYTES
)  # by how much a text of the ring is longer than what it closes
_MARKS = {INTL: b"v", SM: b"s"}
_SUITES = {mark: suite for suite, mark in _MARKS.items()}


@dataclass(frozen=True)
class Closed:
    """One column of closed texts, as the rotation of keys needs it: `aad` with the row's fields in braces.

    A column closed for the bank's workers (`is_envelope`) is opened and closed anew by them alone. `is_text` is base64 in a
    text column. `guards` names the triggers that keep the column as it was written: rotation changes its clothes, not its words.
    """

    model: str
    column: str
    aad: str
    is_envelope: bool = False
    is_text: bool = False
    guards: tuple[str, ...] = ()


class KeyRing:
    """Data keys by id; the newest encrypts."""

    def __init__(self, keys: Mapping[int, bytes]) -> None:
        if not keys:
            raise ValueError("the key ring is empty: set DATA_KEYS")
        for key in keys.values():
            if len(key) != 32:
                raise ValueError("a data key has 32 bytes")
        self._keys = dict(keys)
        self.newest = max(keys)

    def encrypt(self, data: bytes, *, aad: str) -> bytes:
        """Ciphertext of `data`, bound to `aad` ("model:pk:field")."""
        suite = suite_in_use()
        closed = close(suite, self._keys[self.newest], data, aad)
        return _MARKS[suite] + bytes([self.newest]) + closed

    def decrypt(self, data: bytes, *, aad: str) -> bytes:
        """The plain bytes; raises Undecipherable."""
        suite = _SUITES.get(data[:1])
        if suite is None or len(data) < SEALED_EXTRA_BYTES or data[1] not in self._keys:
            raise Undecipherable("not a sealed text, or its key is gone")
        return opened(suite, self._keys[data[1]], data[2:], aad)

    @property
    def newest_mark(self) -> bytes:
        """What a text closed now begins with: the suite and the newest key."""
        return _MARKS[suite_in_use()] + bytes([self.newest])

    def blind_index(self, text: str) -> str:
        """A keyed hash for equality look-ups of encrypted values."""
        return hmac.new(self._keys[min(self._keys)], text.encode(), hashlib.sha256).hexdigest()


@lru_cache(maxsize=8)
def _ring(spec: str) -> KeyRing:
    keys = {}
    for part in filter(None, spec.split(",")):
        number, _, encoded = part.partition(":")
        keys[int(number)] = base64.b64decode(encoded)
    return KeyRing(keys)


def ring() -> KeyRing:
    """The key ring of this process, from DATA_KEYS."""
    return _ring(os.environ.get("DATA_KEYS", ""))


def sealer() -> Sealer:
    """What closes the texts of one act for the bank's workers. Raises KeysAbsent."""
    return Sealer(parsed(os.environ.get("SEAL_PUBLIC_KEYS", "")))


def newest_envelope() -> int:
    """The id of the public key envelopes are closed with now; 0 when there is none."""
    return max(parsed(os.environ.get("SEAL_PUBLIC_KEYS", "")), default=0)


@lru_cache(maxsize=4)
def _opener(spec: str) -> Opener:
    return Opener(parsed(spec))


def opener() -> Opener:
    """What opens them. Raises KeysAbsent in every process that is not a bank's worker."""
    return _opener(os.environ.get("SEAL_PRIVATE_KEYS", ""))


@lru_cache(maxsize=4)
def _platform_keys(spec: str) -> tuple[tuple[bytes, bytes], ...]:
    """(private, public) of every key there is, the newest first."""
    keys = parsed(spec)
    seeds = [derive(INTL, keys[one].raw, "yqlink.platform.v1") for one in sorted(keys)[::-1]]
    return tuple(signatures.from_seed(seed) for seed in seeds)


def _private_keys() -> str:
    spec = os.environ.get("SEAL_PRIVATE_KEYS", "")
    if not spec:
        raise KeysAbsent("no private key to sign with: set SEAL_PRIVATE_KEYS")
    return spec


def platform_points() -> tuple[bytes, ...]:
    """The public points of the platform's own keys, the newest first: what it signed before a rotation stays its word.

    Raises KeysAbsent outside a bank's worker.
    """
    return tuple(point for _, point in _platform_keys(_private_keys()))


def sign_as_platform(message: bytes) -> tuple[bytes, bytes]:
    """(public point, signature): the platform's own word, given by a bank's worker. Raises KeysAbsent elsewhere.

    ECDSA P-256, the key derived from the newest of SEAL_PRIVATE_KEYS; its fingerprint is printed by `manage.py platform_key`.
    """
    private, point = _platform_keys(_private_keys())[0]
    return point, signatures.sign(signatures.Algorithm.ECDSA, private, point, message)


def can_open() -> bool:
    """Whether this process holds private keys of envelopes at all."""
    return bool(os.environ.get("SEAL_PRIVATE_KEYS"))


def seal_key() -> bytes:
    """The key of instruction seals, from SEAL_KEY; raises ValueError when unset."""
    key = base64.b64decode(os.environ.get("SEAL_KEY", ""))
    if len(key) < 32:
        raise ValueError("SEAL_KEY wants 32 bytes or more, base64")
    return key
