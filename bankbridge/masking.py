"""Wire evidence without its secrets: what pages and exports may show. The bytes as they were stay sealed for the bank's workers."""

from __future__ import annotations

import re
from collections.abc import Collection

_NAME = rb"[\w.:-]*(?:passw|pwd|passwd|token|secret|ceitinfo)[\w.-]*"
_XML = re.compile(rb"(<(" + _NAME + rb")\s*>)([^<]+)(</)", re.IGNORECASE)
_PAIR = re.compile(
    rb"""(["'&?;\s](""" + _NAME + rb""")["']?\s*[:=]\s*["']?)([^"'&;<>\s,}]+)""", re.IGNORECASE
)
_SHORT = 6  # a shorter value would star out figures it happens to be part of


def masked(message: bytes, secrets: Collection[bytes] = ()) -> bytes:
    """The message with every known secret, and every value whose name looks like one, starred out; of the same length."""
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= _SHORT:
            message = message.replace(secret, b"*" * len(secret))
    for pattern in (_XML, _PAIR):
        message = pattern.sub(_stars, message)
    return message


def _stars(found: re.Match[bytes]) -> bytes:
    whole, value = found.group(0), found.group(3)
    return whole.replace(value, b"*" * len(value))
