"""Signatures of people and the public keys they are checked with: ECDSA on P-256, or SM2 (GB/T 32918) with SM3.

A private key is 32 bytes, a public key the 64 bytes x‖y, a signature the 64 bytes r‖s. Of the two forms an ECDSA signature
has (s and n−s) only the lower is made and taken, so that no signature can be turned into another one. The libraries are
imported where they are used (see `kernel.ciphers`).
"""

from __future__ import annotations

import hashlib
import os
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import ec

_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_SM2_ORDER = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
SM2_SIGNER = b"1234567812345678"  # the signer id GB/T 35276 names where none is agreed


class Algorithm(StrEnum):
    """How a person's key signs."""

    ECDSA = "ecdsa-p256"
    SM2 = "sm2"


def algorithm_of_suite() -> Algorithm:
    """What new keys of this installation use: CRYPTO_SUITE is `intl` (ECDSA) or `sm` (SM2)."""
    return Algorithm.SM2 if os.environ.get("CRYPTO_SUITE", "intl") == "sm" else Algorithm.ECDSA


def fingerprint(algorithm: str, point: bytes) -> str:
    """The name of a public key: SHA-256 over algorithm and point, hex."""
    return hashlib.sha256(algorithm.encode() + b":" + point).hexdigest()


def generate(algorithm: str) -> tuple[bytes, bytes]:
    """A fresh (private key, public point)."""
    if algorithm == Algorithm.SM2:
        import gmssl_pyx

        point, private = gmssl_pyx.sm2_key_generate()
        return private, point
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    numbers = key.private_numbers()
    public = numbers.public_numbers
    return numbers.private_value.to_bytes(32, "big"), _joined(public.x, public.y)


def is_point(algorithm: str, text: str) -> bool:
    """Whether 128 hex digits are a public key of the algorithm: a point on its curve."""
    try:
        point = bytes.fromhex(text)
    except ValueError:
        return False
    if len(point) != 64:
        return False
    if algorithm == Algorithm.SM2:
        import gmssl_pyx

        try:
            gmssl_pyx.normalize_sm2_public_key(point)
        except gmssl_pyx.GmsslInnerError:
            return False
        return True
    try:
        _p256(point)
    except ValueError:
        return False
    return True


def from_seed(seed: bytes) -> tuple[bytes, bytes]:
    """The ECDSA (private key, public point) of 32 secret bytes."""
    from cryptography.hazmat.primitives.asymmetric import ec

    number = int.from_bytes(seed, "big") % (_P256_ORDER - 1) + 1
    public = ec.derive_private_key(number, ec.SECP256R1()).public_key().public_numbers()
    return number.to_bytes(32, "big"), _joined(public.x, public.y)


def sign(algorithm: str, private: bytes, point: bytes, message: bytes) -> bytes:
    """The signature of `message`, r‖s."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, utils

    if algorithm == Algorithm.SM2:
        import gmssl_pyx

        r, s = utils.decode_dss_signature(gmssl_pyx.sm2_sign(private, point, message, SM2_SIGNER))
        return _joined(r, s)
    key = ec.derive_private_key(int.from_bytes(private, "big"), ec.SECP256R1())
    r, s = utils.decode_dss_signature(key.sign(message, ec.ECDSA(hashes.SHA256())))
    return _joined(r, min(s, _P256_ORDER - s))


def plain(der: bytes) -> bytes:
    """An ECDSA signature as tokens write it (DER), as r‖s with the lower s. Raises ValueError."""
    from cryptography.hazmat.primitives.asymmetric import utils

    r, s = utils.decode_dss_signature(der)
    if not (0 < r < _P256_ORDER and 0 < s < _P256_ORDER):
        raise ValueError("no signature of P-256")
    return _joined(r, min(s, _P256_ORDER - s))


def verify(algorithm: str, point: bytes, message: bytes, signature: bytes) -> bool:
    """Whether `signature` is the one its key made of `message`. Never raises for what was stored or sent."""
    if len(point) != 64 or len(signature) != 64:
        return False
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    if algorithm == Algorithm.SM2:
        return 0 < r < _SM2_ORDER and 0 < s < _SM2_ORDER and _sm2_holds(point, message, r, s)
    if algorithm != Algorithm.ECDSA or not (0 < r < _P256_ORDER and 0 < s <= _P256_ORDER // 2):
        return False
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, utils

    try:
        key = _p256(point)
        key.verify(utils.encode_dss_signature(r, s), message, ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, ValueError):
        return False
    return True


def _sm2_holds(point: bytes, message: bytes, r: int, s: int) -> bool:
    import gmssl_pyx
    from cryptography.hazmat.primitives.asymmetric import utils

    der = utils.encode_dss_signature(r, s)
    try:
        gmssl_pyx.normalize_sm2_public_key(point)
        return bool(gmssl_pyx.sm2_verify(point, message, der, SM2_SIGNER))
    except gmssl_pyx.GmsslInnerError:
        return False


@lru_cache(maxsize=256)
def _p256(point: bytes) -> ec.EllipticCurvePublicKey:
    from cryptography.hazmat.primitives.asymmetric import ec

    x, y = int.from_bytes(point[:32], "big"), int.from_bytes(point[32:], "big")
    return ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()


def _joined(first: int, second: int) -> bytes:
    return first.to_bytes(32, "big") + second.to_bytes(32, "big")
