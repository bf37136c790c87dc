"""A private key under its owner's passphrase: argon2id makes the key of the box, AES-256-GCM or SM4-GCM closes it."""

from __future__ import annotations

import base64
import json
import os
from dataclasses import dataclass

from argon2.low_level import Type, hash_secret_raw

from kernel.ciphers import Undecipherable, close, opened, suite_in_use
from kernel.secrets import Secret

_SALT_BYTES = 16


class WrongPassphrase(Exception):
    """The passphrase does not open the box (or the box was altered: the two cannot be told apart)."""


@dataclass(frozen=True)
class Cost:
    """What one guess costs: passes over so many KiB of memory."""

    passes: int = 3
    memory_kib: int = 64 * 1024
    lanes: int = 1


def _key(passphrase: Secret, salt: bytes, cost: Cost) -> bytes:
    return hash_secret_raw(
        passphrase.reveal().encode(), salt, time_cost=cost.passes, memory_cost=cost.memory_kib,
        parallelism=cost.lanes, hash_len=32, type=Type.ID,
    )  # fmt: skip


def lock(secret: bytes, passphrase: Secret, *, aad: str, cost: Cost) -> bytes:
    """The closed box, JSON; bound to `aad`."""
    salt = os.urandom(_SALT_BYTES)
    suite = suite_in_use()
    box = {
        "kdf": "argon2id",
        "passes": cost.passes,
        "memory_kib": cost.memory_kib,
        "lanes": cost.lanes,
        "salt": base64.b64encode(salt).decode(),
        "suite": suite,
        "closed": base64.b64encode(
            close(suite, _key(passphrase, salt, cost), secret, aad)
        ).decode(),
    }
    return json.dumps(box, separators=(",", ":")).encode()


def unlock(box: bytes, passphrase: Secret, *, aad: str) -> bytes:
    """What was locked. Raises WrongPassphrase."""
    said = json.loads(box)
    cost = Cost(said["passes"], said["memory_kib"], said["lanes"])
    key = _key(passphrase, base64.b64decode(said["salt"]), cost)
    try:
        return opened(said["suite"], key, base64.b64decode(said["closed"]), aad)
    except Undecipherable:
        raise WrongPassphrase from None
