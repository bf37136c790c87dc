"""What every simulated bank shares: the road a request takes, and the damage faults do to replies."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Protocol

from bankadapters.simulator.ledger import long_serial
from bankadapters.simulator.world import Options, World

__all__ = ["BankSimulator", "Call", "Options", "Refusal", "Reply", "Request", "Stream", "World"]

_GARBAGE = (
    b"<html><head><title>502</title></head><body>Bad Gateway</body></html>",
    b"\x00\x8f\xff\x13\x37B001\x00\xfe\xfe" * 40,
    b"",
    b'{"rspcod":"B001"}',
    b'<?xml version="1.0" encoding="UTF-8"?><bocb2e><head/><trans><status><rspcod>',
    b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "B001">]><a>&b;</a>',
)
BEFORE = frozenset({"drop_before_booking", "token_expiry"})


class Stream(Protocol):
    """The bytes of a raw TCP connection."""

    async def readexactly(self, n: int) -> bytes: ...

    async def readuntil(self, separator: bytes) -> bytes: ...


@dataclass
class Reply:
    """An answer and how it leaves: after a wait, cut off, promising more bytes than it sends."""

    body: bytes
    status: int = 200
    content_type: str = "application/xml"
    wait_s: float = 0.0
    cut: bool = False
    promised: int | None = None


@dataclass(frozen=True)
class Call:
    """A request as it came: over HTTP with its path, query and content type, or as bare bytes over TCP."""

    body: bytes
    path: str = ""
    query: Mapping[str, Sequence[str]] = field(default_factory=dict)
    content_type: str = ""


@dataclass
class Request:
    """A message a dialect has understood: `kind` is session, pay, inquire or query; `parts` is the dialect's own."""

    operation: str
    kind: str
    insids: Sequence[str] = ()
    parts: dict[str, object] = field(default_factory=dict)


class Refusal(Exception):
    """The bank answers a message as a whole with an error; nothing was booked."""

    def __init__(self, code: str, text: str = "") -> None:
        super().__init__(f"{code} {text}")
        self.code, self.text = code, text


class BankSimulator(ABC):
    """One bank's side of its protocol over the shared world: wire in, words out.

    A dialect reads a request (`understand`), does it through its `World` and words the answer (`handle`, `refuse`), and
    turns words into the bytes of its wire (`wire`). Settlement, booking, commit, and whatever goes wrong are here.
    """

    slug: ClassVar[str]
    paths: ClassVar[tuple[str, ...]] = ("/",)  # of HTTP; () where any path is taken
    codes: ClassVar[Mapping[str, str]]
    charset: ClassVar[str] = "utf-8"
    content_type: ClassVar[str] = "application/xml"
    speaks_tcp: ClassVar[bool] = False
    admits: ClassVar[
        Mapping[str, Mapping[str, str]]
    ] = {}  # what a client is told: parameters, secrets, endpoints
    demo_accounts: ClassVar[tuple[tuple[str, str], tuple[str, str]]]  # number and branch code

    @staticmethod
    def serial(number: int, at: float) -> str:
        """The bank's own serial of its `number`-th instruction, taken in at that moment."""
        return long_serial(number, at)

    @classmethod
    def address(cls, host: str, port: int) -> str:
        """Where clients reach it."""
        if cls.speaks_tcp:
            return f"tcp://{host}:{port}"
        return f"http://{host}:{port}{cls.paths[0] if cls.paths else '/'}"

    @classmethod
    def connection(cls, address: str) -> Mapping[str, Mapping[str, str]]:
        """What a client needs to talk to it: endpoints by role, parameters and secrets by name, what an account looks like."""
        further = cls.admits.get("endpoints", {})
        endpoints = {"main": address} | {
            role: address.rstrip("/") + path for role, path in further.items()
        }
        parameters, secrets = cls.admits.get("parameters", {}), cls.admits.get("secrets", {})
        number, branch = cls.demo_accounts[0]
        sample = {"number": number, "branch": branch}
        return {
            "endpoints": endpoints,
            "parameters": parameters,
            "secrets": secrets,
            "sample": sample,
        }

    def __init__(self, world: World) -> None:
        self.world = world

    @abstractmethod
    def understand(self, call: Call) -> Request:
        """Read a request. Raises Refusal."""

    @abstractmethod
    def handle(self, request: Request) -> str:
        """Do what the request asks, inside the caller's transaction, and word the answer. Raises Refusal."""

    @abstractmethod
    def refuse(self, refusal: Refusal, request: Request | None) -> str:
        """Word an error for the message as a whole."""

    def expire(self, request: Request) -> str:
        """Forget the caller's session and word the refusal, before any item is looked at; "" where there is none."""
        return ""

    def wire(self, words: str, request: Request | None, *, charset: str = "") -> bytes:
        """The bytes of an answer, in another charset than it declares where a fault wants that."""
        return words.encode(charset or self.charset, "replace")

    def frame(self, body: bytes, *, length: int | None = None) -> bytes:
        """An answer as it goes over raw TCP, announcing `length` bytes where a fault wants another number than is true."""
        return body

    async def receive(self, stream: Stream) -> bytes:
        """One whole request of a raw TCP connection. Banks that speak TCP say how theirs are framed."""
        raise ConnectionError("this bank speaks HTTP")

    # the road ------------------------------------------------------------------------------------------------

    def respond(self, call: Call) -> Reply:
        """Take one request through settlement of what is due, faults, the books, and out again.

        The reply is returned after the books are committed.
        """
        world = self.world
        with world.transaction():
            world.settle_due()
            try:
                request = self.understand(call)
            except Refusal as refusal:
                return self._reply(self.refuse(refusal, None), None)
            return self._answer(request)

    def _reply(self, words: str, request: Request | None) -> Reply:
        return Reply(self.wire(words, request), content_type=self.content_type)

    def _answer(self, request: Request) -> Reply:
        faults = self.world.faults
        fault = faults.message(request.kind)
        expired = self.expire(request) if fault == "token_expiry" else ""
        if fault == "token_expiry" and not expired:
            fault = ""
        number = faults.count("struck") if fault else 0
        unbooked = fault in BEFORE or (
            fault == "http_500" and self.world.seeded.unit("500", number) < 0.5
        )
        if fault:
            detail = "before anything was processed" if unbooked else "after processing"
            faults.record(fault, operation=request.operation, insids=request.insids, detail=detail)
        if expired:
            return self._reply(expired, request)
        words = ""
        if not unbooked:
            try:
                words = self.handle(request)
            except Refusal as refusal:
                words = self.refuse(refusal, request)
        return self._damage(words, request, fault, number) if fault else self._reply(words, request)

    def _damage(self, words: str, request: Request, fault: str, number: int) -> Reply:
        seeded, reply = self.world.seeded, self._reply(words, request)
        draw = seeded.unit("damage", fault, number)
        if fault in ("drop_before_booking", "drop_after_booking"):
            reply.cut = True
        elif fault == "http_500":
            return Reply(
                "<html><body>500 服务器内部错误</body></html>".encode(),
                500,
                "text/html; charset=utf-8",
            )
        elif fault == "slow":
            longest, usual = self.world.faults.slow_s, seeded.between(2.0, 8.0, "slow", number)
            reply.wait_s = longest if draw < 0.2 else min(usual, longest)
        elif fault == "truncated":
            whole = len(reply.body)
            reply.body = reply.body[: whole // 2]
            reply.promised = whole if draw < 0.5 else None
        elif fault == "garbage":
            reply.body = _GARBAGE[number % len(_GARBAGE)]
        elif fault == "wrong_encoding":
            reply.body = self.misencoded(words, request, draw)
        return reply

    def misencoded(self, words: str, request: Request, draw: float) -> bytes:
        """An answer in another charset than it declares."""
        other = "utf-8" if self.charset.startswith("gb") else "gb18030"
        return self.wire(words, request, charset=other)


async def until_closed(stream: Stream, end: bytes, *, timeout_s: float = 60.0) -> bytes:
    """A request that has no frame and ends with its root's end tag."""
    return await asyncio.wait_for(stream.readuntil(end), timeout_s)
