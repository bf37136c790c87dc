"""Masking secrets in messages kept as evidence: the same bytes, but *** where a password, key or token stood."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

MASK = b"***"


@lru_cache(maxsize=64)
def _elements(names: tuple[str, ...]) -> re.Pattern[bytes]:
    words = "|".join(re.escape(name) for name in names).encode("ascii")
    return re.compile(
        rb"(<(?:[\w.-]+:)?(" + words + rb")(?:\s[^>]*)?(?<!/)>)(.*?)(</(?:[\w.-]+:)?\2\s*>|\Z)",
        re.DOTALL,
    )


@lru_cache(maxsize=64)
def _parameters(names: tuple[str, ...]) -> re.Pattern[bytes]:
    words = "|".join(re.escape(name) for name in names).encode("ascii")
    return re.compile(rb"((?:^|[?&\s])(?:" + words + rb")=)([^&\s]*)")


def mask_elements(message: bytes, names: Sequence[str]) -> bytes:
    """Contents of these XML elements masked, also where the message ends inside one; empty ones stay empty."""
    if not names:
        return message
    return _elements(tuple(names)).sub(
        lambda found: found[1] + (MASK if found[3].strip() else found[3]) + found[4], message
    )


def mask_parameters(message: bytes, names: Sequence[str]) -> bytes:
    """Values of these query or form parameters masked, in a request line or a form body."""
    if not names:
        return message
    return _parameters(tuple(names)).sub(lambda found: found[1] + MASK, message)


def mask_range(message: bytes, start: int, end: int) -> bytes:
    """The bytes of a fixed position masked with as many stars."""
    there = message[start:end]
    return message[:start] + b"*" * len(there) + message[end:]
