"""The key ring: authenticated encryption with a bound purpose, and a blind index for look-ups.

Keys come from the environment: DATA_KEYS="1:base64,2:base64" (32 bytes each; the highest id encrypts, all decrypt) and
SEAL_KEY (base64). A sealed text is `b"v" + key id (1 byte) + nonce (12) + AES-256-GCM ciphertext`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from kernel.errors import InvariantBroken


class Undecipherable(InvariantBroken):
    """The stored bytes were altered, moved to another row, or their key is gone."""


class KeyRing:
    """Data keys by id; the newest encrypts."""

    def __init__(self, keys: dict[int, bytes]) -> None:
        if not keys:
            raise ValueError("the key ring is empty: set DATA_KEYS")
        for key in keys.values():
            if len(key) != 32:
                raise ValueError("a data key has 32 bytes")
        self._keys = keys
        self._newest = max(keys)

    def encrypt(self, data: bytes, *, aad: str) -> bytes:
        """Ciphertext of `data`, bound to `aad` ("model:pk:field")."""
        nonce = os.urandom(12)
        sealed = AESGCM(self._keys[self._newest]).encrypt(nonce, data, aad.encode())
        return b"v" + bytes([self._newest]) + nonce + sealed

    def decrypt(self, data: bytes, *, aad: str) -> bytes:
        """The plain bytes; raises Undecipherable."""
        if len(data) < 30 or data[:1] != b"v" or data[1] not in self._keys:
            raise Undecipherable("not a sealed text, or its key is gone")
        try:
            return AESGCM(self._keys[data[1]]).decrypt(data[2:14], data[14:], aad.encode())
        except InvalidTag:
            raise Undecipherable("the sealed text was altered or belongs elsewhere") from None

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


def seal_key() -> bytes:
    """The key of instruction seals, from SEAL_KEY; raises ValueError when unset."""
    key = base64.b64decode(os.environ.get("SEAL_KEY", ""))
    if len(key) < 32:
        raise ValueError("SEAL_KEY wants 32 bytes or more, base64")
    return key
