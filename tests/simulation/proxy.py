"""A wire that can be cut: a TCP proxy between the workers and the simulated bank, which kills a worker at a chosen point.

The points at which a payment request may be interrupted:

    before_send        the connection stands, no byte of the request has reached anybody
    mid_send           part of the request went out, the bank got half of it and a cut wire
    after_send         the bank got the whole request, its answer never came back
    before_recording   the answer was delivered; the worker dies before it can have recorded anything
    while_recording    the same, some milliseconds later: anywhere between reading the answer and committing it
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import psutil

CRASH_POINTS = ("before_send", "mid_send", "after_send", "before_recording")
ALL_POINTS = (*CRASH_POINTS, "while_recording")
IDLE_S = 30.0
_PAYMENT = (b"trn-b2e0009-rq", b"trn-b2e0061-rq")
_INSID = re.compile(rb"<insid>([^<]*)</insid>")
_DUPLICATE = b"S901"  # the simulator's own word for an instruction number it has seen before


def insids(message: bytes) -> list[str]:
    """The instruction numbers a message speaks of."""
    return [found.decode("ascii", "replace") for found in _INSID.findall(message)]


def read_message(conn: socket.socket) -> bytes:
    """One HTTP message with a Content-Length, or what came before the end of the stream."""
    data, end = b"", -1
    while end < 0 or len(data) < end:
        part = conn.recv(65536)
        if not part:
            break
        data += part
        if end < 0 and b"\r\n\r\n" in data:
            head, _, _ = data.partition(b"\r\n\r\n")
            length = re.search(rb"(?im)^content-length:\s*(\d+)", head)
            end = len(head) + 4 + (int(length.group(1)) if length else 0)
    return data


@dataclass
class Armed:
    """A kill that waits for its moment: `point` of the `nth` payment message from the arming on."""

    point: str
    nth: int
    delay_s: float = 0.0
    seen: int = 0


@dataclass
class Seen:
    """What the wire carried, kept for the verdict."""

    delivered: Counter[str] = field(default_factory=Counter)  # payments the bank got in full
    duplicates: list[str] = field(default_factory=list)  # payments the bank said it had before
    kills: list[tuple[str, int]] = field(default_factory=list)  # (point, pid)
    in_killed: set[str] = field(default_factory=set)  # payments whose message was under way


class CrashProxy:
    """Forwards one HTTP exchange per connection and, when armed, kills the worker that made the connection.

    `workers` names the process ids that may be killed; `is_paying` tells whether a payment is about to leave (asked
    where no byte says so yet); `on_kill` is told before the signal goes out.
    """

    def __init__(
        self,
        upstream: tuple[str, int],
        *,
        workers: Callable[[], Sequence[int]],
        is_paying: Callable[[], bool],
        on_kill: Callable[[], None],
    ) -> None:
        self.upstream = upstream
        self.seen = Seen()
        self._workers, self._is_paying, self._on_kill = workers, is_paying, on_kill
        self._armed: Armed | None = None
        self._active = 0
        self._busy_at = time.monotonic()
        self._lock = threading.Lock()
        self._server = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._server.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def arm(self, armed: Armed | None) -> None:
        """Kill at this moment; None disarms."""
        with self._lock:
            self._armed = armed

    @property
    def is_armed(self) -> bool:
        """Whether a kill still waits for its moment."""
        return self._armed is not None

    def quiet_s(self) -> float:
        """For how long nothing has been on the wire; 0 while something is."""
        return 0.0 if self._active else time.monotonic() - self._busy_at

    def close(self) -> None:
        """Take no more connections."""
        self._server.close()

    def _accept(self) -> None:
        while True:
            try:
                conn, peer = self._server.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(conn, peer[1]), daemon=True).start()

    def _serve(self, conn: socket.socket, port: int) -> None:
        with self._lock:
            self._active += 1
        try:
            conn.settimeout(IDLE_S)
            with conn, contextlib.suppress(OSError):  # one side is gone: the point of this proxy
                self._relay(conn, self._owner(port) if self._armed is not None else None)
        finally:
            with self._lock:
                self._active -= 1
                self._busy_at = time.monotonic()

    def _owner(self, port: int) -> int | None:
        """The worker that holds the other end of the connection."""
        for pid in self._workers():
            with contextlib.suppress(psutil.Error):
                if any(
                    c.laddr and c.laddr.port == port
                    for c in psutil.Process(pid).net_connections("tcp4")
                ):
                    return pid
        return None

    def _take(self, points: Sequence[str]) -> Armed | None:
        """The armed kill, if its turn has come at one of these points; it strikes once."""
        with self._lock:
            armed = self._armed
            if armed is None or armed.point not in points:
                return None
            armed.seen += 1
            if armed.seen < armed.nth:
                return None
            self._armed = None
            return armed

    def _kill(self, pid: int, armed: Armed, message: bytes) -> None:
        self._on_kill()
        self.seen.in_killed.update(insids(message))
        self.seen.kills.append((armed.point, pid))
        os.kill(pid, signal.SIGKILL)

    def _relay(self, conn: socket.socket, owner: int | None) -> None:
        if owner is not None and self._is_paying():
            armed = self._take(("before_send",))
            if armed is not None:
                self._kill(owner, armed, b"")
                return
        request = read_message(conn)
        is_payment = any(mark in request for mark in _PAYMENT)
        armed = self._take(ALL_POINTS[1:]) if is_payment and owner is not None else None
        if armed is not None and owner is not None:
            self._crash(conn, request, owner, armed)
            return
        answer = self._ask(request, is_payment=is_payment)
        conn.sendall(answer)

    def _crash(self, conn: socket.socket, request: bytes, owner: int, armed: Armed) -> None:
        if armed.point == "mid_send":
            with socket.create_connection(self.upstream) as half:
                half.sendall(request[: len(request) // 2])
                self._kill(owner, armed, request)
            return
        answer = self._ask(request, is_payment=True)
        if armed.point != "after_send":
            conn.sendall(answer)
            time.sleep(armed.delay_s)
        self._kill(owner, armed, request)

    def _ask(self, request: bytes, *, is_payment: bool) -> bytes:
        with socket.create_connection(self.upstream, timeout=IDLE_S) as bank:
            bank.sendall(request)
            answer = b""
            with contextlib.suppress(OSError):  # the bank cut the wire: so does this side
                answer = read_message(bank)
        if is_payment:
            with self._lock:
                self.seen.delivered.update(insids(request))
                if _DUPLICATE in answer:
                    self.seen.duplicates += insids(request)
        return answer
