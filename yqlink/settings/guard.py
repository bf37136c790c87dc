"""What production refuses to start with. A pure function, so that the tests can ask it about every bad combination."""

from __future__ import annotations

import base64
import binascii

from django.core.exceptions import ImproperlyConfigured

from kernel.ciphers import SUITES
from kernel.envelope import SM2, X25519, parsed


def _key_bytes(encoded: str) -> int:
    try:
        return len(base64.b64decode(encoded, validate=True))
    except (binascii.Error, ValueError):
        return 0


def _are_sealing_keys(spec: str) -> bool:
    sizes = {X25519: 32, SM2: 64}
    try:
        keys = parsed(spec)
    except ValueError:
        return False
    return bool(keys) and all(len(key.raw) == sizes[key.kind] for key in keys.values())


def refuse_private_keys(private_keys: str) -> None:
    """Raise ImproperlyConfigured in a process that serves pages and holds the keys of the workers that talk to banks."""
    if private_keys:
        raise ImproperlyConfigured(
            "refusing to start: SEAL_PRIVATE_KEYS belong to the workers of the queue `bank` alone, never to the web process"
        )


def refuse_unsafe(
    *,
    channel: str,
    debug: bool,
    clock_file: str,
    secret_key: str,
    seal_key: str,
    data_keys: str,
    seal_public_keys: str,
    crypto_suite: str,
    database_url: str,
    redis_url: str,
) -> None:
    """Raise ImproperlyConfigured, naming every fault at once, unless production may start like this."""
    faults = []
    if channel not in ("simulator", "live"):
        faults.append(f"YQLINK_CHANNEL is {channel!r}, must be simulator or live")
    if channel == "live" and debug:
        faults.append("DEBUG beside a live channel")
    if channel == "live" and clock_file:
        faults.append(
            "CLOCK_FILE beside a live channel: the clock of real payments cannot be moved"
        )
    if len(secret_key) < 32:
        faults.append("SECRET_KEY wants 32 characters or more")
    if _key_bytes(seal_key) < 32:
        faults.append("SEAL_KEY wants 32 bytes or more in base64")
    entries = [part.partition(":") for part in data_keys.split(",") if part]
    if not entries or any(
        not number.isdigit() or _key_bytes(key) != 32 for number, _, key in entries
    ):
        faults.append("DATA_KEYS wants id:base64 of 32 bytes, separated by commas")
    if not _are_sealing_keys(seal_public_keys):
        faults.append("SEAL_PUBLIC_KEYS wants id:x25519:base64 or id:sm2:base64")
    if crypto_suite not in SUITES:
        faults.append(f"CRYPTO_SUITE is {crypto_suite!r}, must be intl or sm")
    faults += [
        f"{name} is not set"
        for name, value in (("DATABASE_URL", database_url), ("REDIS_URL", redis_url))
        if not value
    ]
    if faults:
        raise ImproperlyConfigured("refusing to start: " + "; ".join(faults))
