"""One statement, its path, one signature: does the key stand for the statement? Values in, yes or no out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from approvals.signing import providers, statements
from kernel import merkle


@dataclass(frozen=True)
class PublicKey:
    """The public half of a key and the provider that checks its signatures."""

    provider: str
    algorithm: str
    point: bytes


@lru_cache(maxsize=4096)
def _holds(key: PublicKey, root: bytes, signature: bytes) -> bool:
    """One signature stands for many decisions and is asked about at each of their batches."""
    return providers.holds(
        key.provider,
        key.algorithm,
        key.point,
        message=statements.message(root),
        signature=signature,
    )


def proves(key: PublicKey, statement: bytes, *, path: str, root: str, signature: bytes) -> bool:
    """Whether the statement leads to the root, and the key signed the root. Never raises for what was stored or sent."""
    try:
        reached = merkle.root_of(statement, path)
    except ValueError:
        return False
    is_signed = reached.hex() == root and _holds(key, reached, signature)
    return is_signed and providers.covers(key.provider, signature, statement)
