"""Frames of style 4: eight ASCII digits with the byte length, then the body. Every wait has an end, every length a bound."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

HEADER = 8
BYTES_MAX = 10 * 1024 * 1024
IDLE_S, HEADER_S, BODY_S = 30.0, 5.0, 30.0
SMALL = 64 * 1024  # a body up to here is read without asking for room


class Room:
    """Bytes of large bodies that may be in memory at once, over all connections."""

    def __init__(self, bytes_max: int) -> None:
        self._free, self._changed = bytes_max, threading.Condition()

    @contextlib.contextmanager
    def taken(self, count: int) -> Iterator[None]:
        """Room for `count` bytes while they are read. Raises BadFrame where none comes free in time."""
        if count <= SMALL:
            yield
            return
        with self._changed:
            if not self._changed.wait_for(lambda: self._free >= count, timeout=HEADER_S):
                raise BadFrame("no room for a body of this length now")
            self._free -= count
        try:
            yield
        finally:
            with self._changed:
                self._free += count
                self._changed.notify_all()


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
    return _read(peer, _length(peer, idle_s), time.monotonic() + BODY_S)


@contextlib.contextmanager
def received(peer: socket.socket, room: Room) -> Iterator[bytes]:
    """The next body, as `receive`, with its room kept while it is worked on."""
    length = _length(peer, IDLE_S)
    with room.taken(length):
        yield _read(peer, length, time.monotonic() + BODY_S)


def _length(peer: socket.socket, idle_s: float) -> int:
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
    return length


def send(peer: socket.socket, body: bytes, *, timeout_s: float = BODY_S) -> None:
    """One frame out. Raises BadFrame for a body over the bound, OSError from the socket."""
    if not 0 < len(body) <= BYTES_MAX:
        raise BadFrame(f"body of {len(body)} bytes")
    peer.settimeout(timeout_s)
    peer.sendall(b"%08d" % len(body) + body)
