"""Canonical bytes, digest, and the MAC that seals a payment instruction at release and is verified at dispatch."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

from kernel import ciphers
from kernel.errors import InvariantBroken


def _plain(value: object) -> object:
    if isinstance(value, bool) or value is None or isinstance(value, str | int):
        return value
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    raise TypeError(f"{type(value).__name__} has no canonical form")  # floats end here


def canonical(content: Mapping[str, object]) -> bytes:
    """The one byte form of `content`: sorted keys, UTF-8, no blanks, decimals as plain text; floats are refused."""
    return json.dumps(
        _plain(content), ensure_ascii=False, sort_keys=True, separators=(",", ":")
    ).encode()


def digest(data: bytes) -> str:
    """SHA-256 of `data`, as 64 lower-case hex digits."""
    return hashlib.sha256(data).hexdigest()


def mac(key: bytes, purpose: str, data: bytes) -> str:
    """HMAC over purpose and data, hex; `purpose` keeps a seal of one kind from passing as another.

    With SHA-256, or in the suite `sm` with SM3: 64 digits either way.
    """
    return _mac(ciphers.suite_in_use(), key, purpose, data)


def _mac(suite: str, key: bytes, purpose: str, data: bytes) -> str:
    return ciphers.mac(suite, key, purpose.encode() + b"\x00" + data).hex()


class SealBroken(InvariantBroken):
    """The stored bytes are not those that were sealed."""


def verify_mac(key: bytes, purpose: str, data: bytes, seal: str) -> None:
    """Raise SealBroken unless `seal` is the MAC of `data`, in either suite: one may have been changed for the other."""
    if not any(
        hmac.compare_digest(_mac(suite, key, purpose, data), seal) for suite in ciphers.SUITES
    ):
        raise SealBroken("the seal does not match the stored bytes")
