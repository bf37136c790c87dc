"""The platform's own keys across rotations: the newest vouches for those before it, in a signed line of the trail.

So what was signed with a key that is gone by now (a release under a mandate) is still known to be the platform's, while a
database alone, or the web host, can put no key among them.
"""

from __future__ import annotations

from typing import Any

from django.db import models, transaction

from audit import selectors as trail
from audit import services as audit
from kernel import seal, signatures, vault
from kernel.errors import require

EVENT = "approvals.platform_keys.vouched"
_PURPOSE = b"yqlink.platform_keys.v1\x00"


def _message(by: str, points: list[str]) -> bytes:
    return _PURPOSE + seal.canonical({"by": by, "points": points})


def known() -> frozenset[bytes]:
    """The public points of every key of the platform, of now and before. Raises KeysAbsent outside a bank's worker."""
    found = set(vault.platform_points())
    for said in trail.told(EVENT):  # the newest first: each may vouch for the one before
        found |= _vouched(said, found)
    return frozenset(found)


def _vouched(said: dict[str, Any], trusted: set[bytes]) -> set[bytes]:
    """The keys an entry vouches for in the words of a trusted one; none where it was altered."""
    try:
        by, points = bytes.fromhex(said["by"]), {bytes.fromhex(one) for one in said["points"]}
        signature = bytes.fromhex(said["signature"])
    except (KeyError, TypeError, ValueError):
        return set()
    message = _message(said["by"], said["points"])
    is_signed = signatures.verify(signatures.Algorithm.ECDSA, by, message, signature)
    return points if by in trusted and is_signed else set()


def is_ours(point: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the platform signed this, with its key of now or an earlier one. Raises KeysAbsent outside a bank's worker."""
    ours = point in vault.platform_points() or point in known()
    return ours and signatures.verify(signatures.Algorithm.ECDSA, point, message, signature)


def vouch(*, actor: Any, subject: models.Model) -> int:
    """The newest key's word for every earlier one (a step, while both are there); how many it vouched for anew."""
    require(transaction.get_connection().in_atomic_block, "vouched for in a transaction")
    newest = vault.platform_points()[0]
    vouched: set[bytes] = set()
    for said in trail.told(EVENT):
        vouched |= _vouched(said, {newest})
    points = sorted(point.hex() for point in known() - {newest})
    fresh = sum(bytes.fromhex(one) not in vouched for one in points)
    if fresh:
        _, signature = vault.sign_as_platform(_message(newest.hex(), points))
        after = {"by": newest.hex(), "points": points, "signature": signature.hex()}
        audit.record(EVENT, actor=actor, subject=subject, after=after)
    return fresh
