"""Frames of style 4: eight ASCII digits with the byte length, then the body. Every wait has an end, every length a bound."""

from __future__ import annotations

import socket
import time

HEADER = 8
BYTES_MAX = 10 * 1024 * 1024
IDLE_S, HEADER_S, BODY_S = 30.0, 5.0, 30.0


class BadFrame(ValueError):
    """What came is no frame: the connection is closed."""


class Closed(Exception):
    """The peer closed between two frames."""


def _read(peer: socket.socket, count: int, deadline: float) -> bytes:
    parts, left = [], count
    while left:
        remaining = deadline - time.monotonic()
        if remaining <= 0:
            raise BadFrame("too slow")
        peer.settimeout(remaining)
        try:
            part = peer.recv(min(left, 65_536))
        except TimeoutError:
            raise BadFrame("too slow") from None
        if not part:
            raise BadFrame("the peer closed inside a frame")
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


def receive(peer: socket.socket, *, idle_s: float = IDLE_S) -> bytes:
    """The next body. Raises Closed where the peer ended in order, BadFrame for slow, oversize or broken frames."""
    peer.settimeout(idle_s)
    try:
        first = peer.recv(1)
    except TimeoutError:
        raise Closed from None
    if not first:
        raise Closed
    header = first + _read(peer, HEADER - 1, time.monotonic() + HEADER_S)
    if not (header.isdigit() and header.isascii()):
        raise BadFrame("the length is not eight digits")
    length = int(header)
    if not 0 < length <= BYTES_MAX:
        raise BadFrame(f"length {length}: 1 to {BYTES_MAX}")
    return _read(peer, length, time.monotonic() + BODY_S)


def send(peer: socket.socket, body: bytes, *, timeout_s: float = BODY_S) -> None:
    """One frame out. Raises BadFrame for a body over the bound, OSError from the socket."""
    if not 0 < len(body) <= BYTES_MAX:
        raise BadFrame(f"body of {len(body)} bytes")
    peer.settimeout(timeout_s)
    peer.sendall(b"%08d" % len(body) + body)
