"""Length-prefixed TCP frames, and recognising a frame in stored bytes."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from bankadapters.errors import Unreadable


@dataclass(frozen=True)
class LengthPrefix:
    """A header of `width` ASCII digits giving the body's byte length; `pad` is "0" (right-aligned) or " " (left-aligned)."""

    width: int = 8
    pad: str = "0"
    includes_itself: bool = False
    bytes_max: int = 10 * 1024 * 1024

    def encode(self, body: bytes) -> bytes:
        """Header and body."""
        length = len(body) + (self.width if self.includes_itself else 0)
        if length > self.bytes_max:
            raise ValueError(f"message of {length} bytes is longer than {self.bytes_max}")
        digits = str(length)
        header = digits.rjust(self.width, "0") if self.pad == "0" else digits.ljust(self.width)
        return header.encode("ascii") + body

    def length_of(self, header: bytes) -> int:
        """The body's length a header announces. Raises Unreadable."""
        text = header.decode("ascii", "replace").strip()
        if len(header) != self.width or not (text.isascii() and text.isdigit()):
            raise Unreadable(f"frame header {header!r} is not {self.width} digits")
        length = int(text) - (self.width if self.includes_itself else 0)
        if not 0 <= length <= self.bytes_max:
            raise Unreadable(f"frame announces {length} bytes, at most {self.bytes_max} are taken")
        return length

    def read(self, receive: Callable[[int], bytes]) -> bytes:
        """One body from `receive(n)` (which returns b"" at the end of the stream). Raises Unreadable on half a frame."""
        header = self._exactly(receive, self.width)
        return self._exactly(receive, self.length_of(header))

    @staticmethod
    def _exactly(receive: Callable[[int], bytes], count: int) -> bytes:
        parts: list[bytes] = []
        missing = count
        while missing:
            part = receive(missing)
            if not part:
                raise Unreadable(f"the stream ended {missing} bytes before its frame did")
            parts.append(part)
            missing -= len(part)
        return b"".join(parts)


_HTTP = re.compile(rb"\A(?:HTTP/1\.[01] (?P<status>\d{3})|POST |GET )")
_DIGITS = re.compile(rb"\A(?P<digits>[0-9 ]{4,10})(?=\s*<)")
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,7})(?:;[^\r\n]*)?\r?\n")


def strip_frame(data: bytes) -> bytes:
    """A stored message's body, without an HTTP header or a length prefix in front of it. Raises Unreadable when they disagree."""
    if http := _HTTP.match(data):
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
