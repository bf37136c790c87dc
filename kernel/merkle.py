"""One signature for many statements: their Merkle tree (the hashes of RFC 6962), and the path that proves each alone.

A path is text: for every level from the leaf up `L` or `R`, the side the sibling stands on, and the sibling's hash in hex.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

_STEP = 65  # a side and 64 hex digits
_PATH = re.compile(r"(?:[LR][0-9a-f]{64})*")
DEPTH_MAX = 32


def leaf(statement: bytes) -> bytes:
    """The hash of one statement."""
    return hashlib.sha256(b"\x00" + statement).digest()


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def tree(statements: Sequence[bytes]) -> tuple[bytes, list[str]]:
    """The root over all statements and each one's path. Raises ValueError for none."""
    if not statements:
        raise ValueError("a tree has at least one leaf")
    level = [leaf(one) for one in statements]
    paths = ["" for _ in level]
    places = list(range(len(level)))
    while len(level) > 1:
        for number, place in enumerate(places):
            sibling = place ^ 1
            if sibling < len(level):
                paths[number] += ("L" if sibling < place else "R") + level[sibling].hex()
            places[number] = place // 2
        level = [
            _node(level[at], level[at + 1]) if at + 1 < len(level) else level[at]
            for at in range(0, len(level), 2)
        ]
    return level[0], paths


def root_of(statement: bytes, path: str) -> bytes:
    """The root that `statement` and its path lead to. Raises ValueError for what is not a path."""
    if len(path) > _STEP * DEPTH_MAX or not _PATH.fullmatch(path):
        raise ValueError("not a path of a Merkle tree")
    value = leaf(statement)
    for at in range(0, len(path), _STEP):
        sibling = bytes.fromhex(path[at + 1 : at + _STEP])
        value = _node(sibling, value) if path[at] == "L" else _node(value, sibling)
    return value
