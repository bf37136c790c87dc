"""HTTP/1.1 by hand and raw TCP, on asyncio streams: one thread, limits on everything, and wires that can be cut.

The first bytes of a connection tell HTTP from the bank's own framing, so that one port serves both, and the control
interface under /_sim/ beside them.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import traceback
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

from bankadapters.simulator.bank import BankSimulator, Call, Reply
from bankadapters.simulator.control import Control, ControlError
from bankadapters.simulator.folders import ROUND_S, FolderBank

HEAD_MAX = 32 * 1024
BODY_MAX = 16 * 1024 * 1024
IDLE_S = 120.0
BODY_S = 60.0
_METHODS = (b"POST", b"GET ", b"HEAD", b"PUT ")
_REASONS = {
    200: "OK",
    400: "Bad Request",
    404: "Not Found",
    405: "Method Not Allowed",
    411: "Length Required",
}
_REASONS |= {413: "Content Too Large", 422: "Unprocessable Content", 500: "Internal Server Error"}


@dataclass
class Head:
    """Request line and headers, names in lower case."""

    method: str
    target: str
    version: str
    headers: dict[str, str]

    @property
    def keeps_alive(self) -> bool:
        """Whether the client wants to go on using the connection."""
        wish = self.headers.get("connection", "").lower()
        return wish != "close" if self.version == "HTTP/1.1" else wish == "keep-alive"


class BadHead(Exception):
    """The request's head cannot be served; carries the HTTP status to answer with."""

    def __init__(self, status: int) -> None:
        super().__init__(str(status))
        self.status = status


def parse_head(raw: bytes) -> Head:
    """The head of a request. Raises BadHead."""
    lines = raw.decode("latin-1").split("\r\n")
    words = lines[0].split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        raise BadHead(400)
    headers: dict[str, str] = {}
    for line in lines[1:]:
        if line:
            name, colon, value = line.partition(":")
            if not colon:
                raise BadHead(400)
            headers[name.strip().lower()] = value.strip()
    return Head(words[0], words[1], words[2], headers)


def body_length(head: Head) -> int:
    """How many bytes of body follow. Raises BadHead for chunked, malformed or oversized bodies."""
    if "transfer-encoding" in head.headers:
        raise BadHead(411)
    text = head.headers.get("content-length", "0")
    if not text.isascii() or not text.isdigit():
        raise BadHead(400)
    if int(text) > BODY_MAX:
        raise BadHead(413)
    return int(text)


class Begun:
    """A stream whose first bytes were looked at already."""

    def __init__(self, first: bytes, reader: asyncio.StreamReader) -> None:
        self.first, self.reader = first, reader

    async def readexactly(self, n: int) -> bytes:
        """That many bytes, those looked at first."""
        begun, self.first = self.first[:n], self.first[n:]
        return begun + (await self.reader.readexactly(n - len(begun)) if n > len(begun) else b"")

    async def readuntil(self, separator: bytes) -> bytes:
        """Everything up to the separator and with it."""
        begun, self.first = self.first, b""
        while separator not in begun:
            if len(begun) > BODY_MAX:
                raise ConnectionError("endless")
            part = await self.reader.read(65536)
            if not part:
                raise asyncio.IncompleteReadError(begun, None)
            begun += part
        whole, _, self.first = begun.partition(separator)
        return whole + separator


class Server:
    """Serves one bank and the control interface under /_sim/."""

    def __init__(self, *, bank: BankSimulator, control: Control) -> None:
        self.bank, self.control = bank, control
        self._talks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._rounds: asyncio.Task[None] | None = None

    async def start(self, *, host: str, port: int) -> int:
        """Listen, and return the port that was really taken."""
        self._server = await asyncio.start_server(
            self._talk, host, port, limit=BODY_MAX, backlog=512
        )
        if isinstance(self.bank, FolderBank):
            self.control.rounds.append(self.bank.round)
            self._rounds = asyncio.create_task(self._make_rounds(self.bank))
        return int(self._server.sockets[0].getsockname()[1])

    @staticmethod
    async def _make_rounds(bank: FolderBank) -> None:
        while True:
            try:
                bank.round()
            except (
                Exception
            ):  # as of a request: a bug must look like a broken bank, not like a dead one
                traceback.print_exc(file=sys.stderr)
            await asyncio.sleep(ROUND_S)

    async def stop(self) -> None:
        """Stop listening and end every conversation."""
        if self._server is not None:
            self._server.close()
        if self._rounds is not None:
            self._rounds.cancel()
        for task in list(self._talks):
            task.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._talks.add(task)
            task.add_done_callback(self._talks.discard)
        try:
            begun = Begun(b"", reader)
            while await self._exchange(begun, writer):
                pass
        except (
            asyncio.IncompleteReadError,
            asyncio.LimitOverrunError,
            ConnectionError,
            TimeoutError,
        ):
            writer.transport.abort()
        except asyncio.CancelledError:
            writer.transport.abort()  # the server is stopping: end quietly
        finally:
            writer.close()

    async def _exchange(self, stream: Begun, writer: asyncio.StreamWriter) -> bool:
        """One request and its answer; False when the connection is to end."""
        try:
            begun = await asyncio.wait_for(stream.readexactly(4), IDLE_S)
            stream.first = begun + stream.first
        except asyncio.IncompleteReadError as error:
            if error.partial:
                raise
            return False
        if self.bank.speaks_tcp and stream.first not in _METHODS:
            return await self._exchange_raw(stream, writer)
        try:
            raw = await asyncio.wait_for(stream.readuntil(b"\r\n\r\n"), IDLE_S)
            if len(raw) > HEAD_MAX:
                raise BadHead(400)
            head = parse_head(raw[:-4])
            length = body_length(head)
        except BadHead as bad:
            await self._send(writer, Reply(b"", bad.status, "text/plain"), keep=False)
            return False
        if head.headers.get("expect", "").lower() == "100-continue":
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = await asyncio.wait_for(stream.readexactly(length), BODY_S)
        reply = self._route(head, body)
        if reply.wait_s:
            await asyncio.sleep(reply.wait_s)
        if reply.cut:
            writer.transport.abort()
            return False
        keep = head.keeps_alive and reply.promised is None
        await self._send(writer, reply, keep=keep)
        return keep

    async def _exchange_raw(self, stream: Begun, writer: asyncio.StreamWriter) -> bool:
        """One request in the bank's own framing; the connection ends with its answer."""
        body = await asyncio.wait_for(self.bank.receive(stream), BODY_S)
        reply = self._guarded(Call(body))
        if reply.wait_s:
            await asyncio.sleep(reply.wait_s)
        if reply.cut or reply.status != 200:
            writer.transport.abort()
            return False
        writer.write(self.bank.frame(reply.body, length=reply.promised))
        with contextlib.suppress(ConnectionError):
            await writer.drain()
        return False

    def _guarded(self, call: Call) -> Reply:
        try:
            return self.bank.respond(call)
        except Exception:  # a bug here must look like a broken bank, not like a dead one
            traceback.print_exc(file=sys.stderr)
            return Reply(b"internal error", 500, "text/plain")

    def _route(self, head: Head, body: bytes) -> Reply:
        address = urlsplit(head.target)
        path = unquote(address.path)
        if path.startswith("/_sim/"):
            return self._steer(head.method, path, parse_qs(address.query), body)
        if self.bank.paths and path not in self.bank.paths:
            return Reply(b"not found", 404, "text/plain")
        if head.method != "POST":
            return Reply(b"POST only", 405, "text/plain")
        kind = head.headers.get("content-type", "")
        return self._guarded(Call(body, path, parse_qs(address.query), kind))

    def _steer(self, method: str, path: str, query: dict[str, list[str]], body: bytes) -> Reply:
        status = 200
        try:
            answer = self.control.answer(method=method, path=path, query=query, body=body)
        except ControlError as error:
            status, answer = error.status, {"error": str(error)}
        except Exception:
            traceback.print_exc(file=sys.stderr)
            return Reply(b"internal error", 500, "text/plain")
        return Reply(json.dumps(answer, ensure_ascii=False).encode(), status, "application/json")

    async def _send(self, writer: asyncio.StreamWriter, reply: Reply, *, keep: bool) -> None:
        length = len(reply.body) if reply.promised is None else reply.promised
        head = (
            f"HTTP/1.1 {reply.status} {_REASONS.get(reply.status, 'Error')}\r\n"
            f"Content-Type: {reply.content_type}\r\nContent-Length: {length}\r\n"
            f"Connection: {'keep-alive' if keep else 'close'}\r\n\r\n"
        )
        writer.write(head.encode("ascii") + reply.body)
        with contextlib.suppress(ConnectionError):
            await writer.drain()
