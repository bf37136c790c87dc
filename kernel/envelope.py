"""Sealed for somebody else: whoever holds the public key closes, only the holder of the private key opens.

X25519 (suite `intl`) or SM2 encryption (suite `sm`) carries a secret, its AEAD the text. One `Sealer` serves one act: its
capsule is made once and shared by all texts of the act, so that thousands are sealed and opened for the price of one.
A sealed text is `e` ‖ key id ‖ suite ‖ length of the capsule (2) ‖ capsule ‖ nonce ‖ ciphertext ‖ tag. All before the
nonce goes into the key, so no bit of it can change unnoticed.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from kernel.ciphers import INTL, NONCE_BYTES, SM, SUITES, TAG_BYTES, Undecipherable, derive, opened
from kernel.ciphers import close as closed
from kernel.errors import InvariantBroken

X25519, SM2 = "x25519", "sm2"
_MARK = b"e"
_HEAD = 5  # mark, key id, suite, length of the capsule
_LEAST = _HEAD + NONCE_BYTES + TAG_BYTES


class KeysAbsent(InvariantBroken):
    """This process does not hold the keys to open what was sealed for another."""


@dataclass(frozen=True)
class Key:
    """A public or private key by kind."""

    kind: str
    raw: bytes


def parsed(spec: str) -> dict[int, Key]:
    """Keys by id from "1:x25519:base64,2:sm2:base64". Raises ValueError."""
    keys = {}
    for part in filter(None, spec.split(",")):
        number, kind, encoded = part.split(":")
        if kind not in (X25519, SM2) or not 0 < int(number) < 256:
            raise ValueError("a sealing key is written id:x25519:base64 or id:sm2:base64")
        keys[int(number)] = Key(kind, base64.b64decode(encoded, validate=True))
    return keys


def generate(kind: str) -> tuple[Key, Key]:
    """A fresh (public, private) pair."""
    if kind == SM2:
        import gmssl_pyx

        point, private = gmssl_pyx.sm2_key_generate()
        return Key(SM2, point), Key(SM2, private)
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

    own = X25519PrivateKey.generate()
    public = own.public_key().public_bytes_raw()
    return Key(X25519, public), Key(X25519, own.private_bytes_raw())


def written(number: int, key: Key) -> str:
    """The key as `parsed` reads it."""
    return f"{number}:{key.kind}:{base64.b64encode(key.raw).decode()}"


def key_id(sealed: bytes) -> int:
    """Which key a sealed text wants; 0 when it is none."""
    return sealed[1] if len(sealed) > 1 and sealed[:1] == _MARK else 0


class Sealer:
    """Seals the texts of one act for the newest public key. Raises KeysAbsent when there is none."""

    def __init__(self, keys: Mapping[int, Key]) -> None:
        if not keys:
            raise KeysAbsent("no public key to seal for: set SEAL_PUBLIC_KEYS")
        number = max(keys)
        key = keys[number]
        self._suite = SM if key.kind == SM2 else INTL
        capsule, secret = _encapsulated(key)
        self._header = _MARK + bytes([number, SUITES.index(self._suite)])
        self._header += len(capsule).to_bytes(2, "big") + capsule
        self._key = derive(self._suite, secret, self._header.hex())

    def seal(self, data: bytes, *, aad: str) -> bytes:
        """The sealed text, bound to `aad`."""
        return self._header + closed(self._suite, self._key, data, aad)


class Opener:
    """Opens with the private keys it was given."""

    def __init__(self, keys: Mapping[int, Key]) -> None:
        if not keys:
            raise KeysAbsent("no private key to open with: set SEAL_PRIVATE_KEYS")
        self._keys = dict(keys)
        self._text_key = lru_cache(maxsize=4096)(self._derived)

    def open(self, sealed: bytes, *, aad: str) -> bytes:
        """The plain bytes. Raises Undecipherable."""
        if len(sealed) < _LEAST or sealed[:1] != _MARK or sealed[2] >= len(SUITES):
            raise Undecipherable("not a sealed text")
        end = _HEAD + int.from_bytes(sealed[3:5], "big")
        if len(sealed) < end + NONCE_BYTES + TAG_BYTES or sealed[1] not in self._keys:
            raise Undecipherable("not a sealed text, or its key is gone")
        return opened(SUITES[sealed[2]], self._text_key(sealed[:end]), sealed[end:], aad)

    def _derived(self, header: bytes) -> bytes:
        key, suite = self._keys[header[1]], SUITES[header[2]]
        if suite != (SM if key.kind == SM2 else INTL):
            raise Undecipherable("the suite is not that of the key")
        return derive(suite, _decapsulated(key, header[_HEAD:]), header.hex())


def _encapsulated(key: Key) -> tuple[bytes, bytes]:
    if key.kind == SM2:
        import gmssl_pyx

        secret = os.urandom(32)
        return gmssl_pyx.sm2_encrypt(key.raw, secret), secret
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

    own = X25519PrivateKey.generate()
    return own.public_key().public_bytes_raw(), own.exchange(
        X25519PublicKey.from_public_bytes(key.raw)
    )


def _decapsulated(key: Key, capsule: bytes) -> bytes:
    if key.kind == SM2:
        import gmssl_pyx

        try:
            return bytes(gmssl_pyx.sm2_decrypt(key.raw, capsule))
        except gmssl_pyx.GmsslInnerError:
            raise Undecipherable("the capsule was altered") from None
    from cryptography.exceptions import InvalidKey
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

    own = X25519PrivateKey.from_private_bytes(key.raw)
    try:
        return own.exchange(X25519PublicKey.from_public_bytes(capsule))
    except (ValueError, InvalidKey):
        raise Undecipherable("the capsule was altered") from None
