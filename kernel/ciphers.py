"""Authenticated encryption in two suites: AES-256-GCM (`intl`) and SM4-GCM (`sm`). A closed text is nonce ‖ ciphertext ‖ tag.

The library (7 MB) is imported where it is used: everything that keeps a secret imports this module, few processes open one.
"""

from __future__ import annotations

import hmac
import os
from typing import TYPE_CHECKING

from kernel.errors import InvariantBroken

if TYPE_CHECKING:
    from cryptography.hazmat.primitives import hashes

INTL, SM = "intl", "sm"
SUITES = (INTL, SM)
NONCE_BYTES, TAG_BYTES, KEY_BYTES = 12, 16, 32


class Undecipherable(InvariantBroken):
    """The stored bytes were altered, moved to another row, or their key is gone."""


def suite_in_use() -> str:
    """The suite new texts are closed with: CRYPTO_SUITE, `intl` unless set. Raises ValueError for another word."""
    suite = os.environ.get("CRYPTO_SUITE") or INTL
    if suite not in SUITES:
        raise ValueError(f"CRYPTO_SUITE is {suite!r}, must be one of {', '.join(SUITES)}")
    return suite


def _hash(suite: str) -> hashes.HashAlgorithm:
    from cryptography.hazmat.primitives import hashes

    return hashes.SM3() if suite == SM else hashes.SHA256()


def derive(suite: str, secret: bytes, info: str) -> bytes:
    """A key of 32 bytes for one purpose: HKDF with SHA-256 or SM3."""
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return HKDF(_hash(suite), KEY_BYTES, salt=None, info=info.encode()).derive(secret)


def mac(suite: str, key: bytes, data: bytes) -> bytes:
    """HMAC with SHA-256 or SM3, 32 bytes."""
    if suite == INTL:
        return hmac.digest(key, data, "sha256")
    from cryptography.hazmat.primitives.hmac import HMAC

    code = HMAC(key, _hash(suite))
    code.update(data)
    return code.finalize()


def _sm4_key(key: bytes) -> bytes:
    """SM4 takes 16 bytes: half of the SM3 digest of the whole key, so that every bit of it counts."""
    from cryptography.hazmat.primitives import hashes

    digest = hashes.Hash(hashes.SM3())
    digest.update(b"sm4:" + key)
    return digest.finalize()[:16]


def close(suite: str, key: bytes, data: bytes, aad: str) -> bytes:
    """`data` encrypted under a key of 32 bytes and bound to `aad`."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = os.urandom(NONCE_BYTES)
    if suite == INTL:
        return nonce + AESGCM(key).encrypt(nonce, data, aad.encode())
    return nonce + sm4_gcm(_sm4_key(key), nonce, data, aad.encode())


def opened(suite: str, key: bytes, closed: bytes, aad: str) -> bytes:
    """What was closed. Raises Undecipherable."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    if len(closed) < NONCE_BYTES + TAG_BYTES:
        raise Undecipherable("the text is cut short")
    nonce, text = closed[:NONCE_BYTES], closed[NONCE_BYTES:]
    try:
        if suite == INTL:
            return AESGCM(key).decrypt(nonce, text, aad.encode())
        if suite == SM:
            return _sm4_gcm_opened(_sm4_key(key), nonce, text, aad.encode())
    except InvalidTag:
        raise Undecipherable("the sealed text was altered or belongs elsewhere") from None
    raise Undecipherable("no such suite")


def sm4_gcm(key: bytes, nonce: bytes, data: bytes, aad: bytes) -> bytes:
    """SM4-GCM (RFC 8998): ciphertext ‖ tag."""
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    machine = Cipher(algorithms.SM4(key), modes.GCM(nonce)).encryptor()
    machine.authenticate_additional_data(aad)
    return machine.update(data) + machine.finalize() + machine.tag


def _sm4_gcm_opened(key: bytes, nonce: bytes, text: bytes, aad: bytes) -> bytes:
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    data, tag = text[:-TAG_BYTES], text[-TAG_BYTES:]
    machine = Cipher(algorithms.SM4(key), modes.GCM(nonce, tag)).decryptor()
    machine.authenticate_additional_data(aad)
    return machine.update(data) + machine.finalize()
