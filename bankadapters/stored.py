"""Stored messages as received: what HTTP or a frame put in front of the body is recognised and taken off."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bankadapters.errors import Unreadable
from bankadapters.framing import Framer

_HTTP = re.compile(rb"\A(?:HTTP/1\.[01] (?P<status>\d{3})|POST |GET )")
_DIGITS = re.compile(rb"\A(?P<digits>[0-9 ]{4,10})(?=\s*<)")
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,7})(?:;[^\r\n]*)?\r?\n")


def strip_frame(data: bytes, framers: Sequence[Framer] = ()) -> bytes:
    """The body, without an HTTP header or a frame in front of it. Raises Unreadable when they disagree with it."""
    data = strip_http(data)
    for framer in framers:
        if (inside := framer.strip(data)) is not None:
            return inside
    prefix = _DIGITS.match(data)
    if prefix and prefix["digits"].strip():
        body = data[prefix.end() :]
        if not prefix["digits"].strip().isdigit():
            raise Unreadable(f"frame header {prefix['digits']!r} is not a number, at offset 0")
        announced = int(prefix["digits"].strip())
        if announced not in (len(body), len(data), len(body.strip())):
            raise Unreadable(f"frame announces {announced} bytes, {len(body)} are there")
        return body
    return data


def strip_http(data: bytes) -> bytes:
    """The body behind an HTTP head, if there is one. Raises Unreadable for half a body or a status other than 200."""
    http = _HTTP.match(data)
    if http is None:
        return data
    if http["status"] not in (None, b"200"):
        raise Unreadable(f"HTTP status {http['status'].decode()} instead of 200, at line 1")
    head, found, body = data.partition(b"\r\n\r\n")
    if not found:
        head, found, body = data.partition(b"\n\n")
    if not found:
        raise Unreadable("HTTP header without a body")
    if re.search(rb"(?im)^transfer-encoding:\s*chunked", head):
        return _unchunked(body)
    length = re.search(rb"(?im)^content-length:\s*(\d+)", head)
    if length and int(length[1]) > len(body):
        raise Unreadable(f"HTTP body has {len(body)} of {int(length[1])} bytes")
    return body[: int(length[1])] if length else body


def _unchunked(body: bytes) -> bytes:
    whole = bytearray()
    at = 0
    while True:
        line = _CHUNK.match(body, at)
        if line is None:
            raise Unreadable(f"HTTP chunk without a size, at offset {at} of the body")
        size = int(line[1], 16)
        if size == 0:
            return bytes(whole)
        chunk = body[line.end() : line.end() + size]
        if len(chunk) < size:
            raise Unreadable(
                f"HTTP chunk ends early, at offset {line.end() + len(chunk)} of the body"
            )
        whole += chunk
        at = line.end() + size
        at += 2 if body[at : at + 2] == b"\r\n" else 1
