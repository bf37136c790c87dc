"""What every simulated bank shares: the world it lives in, the road a request takes, the damage faults do to replies."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from bankadapters.simulator.books import Books
from bankadapters.simulator.faults import Faults, Seeded
from bankadapters.simulator.ledger import Ledger

_GARBAGE = (
    b"<html><head><title>502</title></head><body>Bad Gateway</body></html>",
    b"\x00\x8f\xff\x13\x37B001\x00\xfe\xfe" * 40,
    b"",
    b'{"rspcod":"B001"}',
    b'<?xml version="1.0" encoding="UTF-8"?><bocb2e><head/><trans><status><rspcod>',
    b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "B001">]><a>&b;</a>',
)
BEFORE = frozenset({"drop_before_booking", "token_expiry"})


@dataclass(frozen=True)
class Options:
    """Who may talk to the bank and how strict it is. `operators` maps (customer, operator) to a password; '' is any."""

    operators: Mapping[tuple[str, str], str]
    termid: str = ""
    parallel_sessions: bool = False


@dataclass
class World:
    """Everything a bank's dialect works on."""

    books: Books
    ledger: Ledger
    faults: Faults
    seeded: Seeded
    options: Options


@dataclass
class Reply:
    """An HTTP answer and how it leaves: after a wait, cut off, promising more bytes than it sends."""

    body: bytes
    status: int = 200
    content_type: str = "application/xml"
    wait_s: float = 0.0
    cut: bool = False
    promised: int | None = None


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
    """One bank's side of its protocol over the shared ledger."""

    slug: ClassVar[str]
    home_bank: ClassVar[str]
    paths: ClassVar[tuple[str, ...]]
    codes: ClassVar[Mapping[str, str]]

    def __init__(self, world: World) -> None:
        self.world = world

    @abstractmethod
    def understand(self, body: bytes) -> Request:
        """Read a request. Raises Refusal."""

    @abstractmethod
    def handle(self, request: Request) -> str:
        """Do what the request asks, inside the caller's transaction, and word the answer. Raises Refusal."""

    @abstractmethod
    def refuse(self, refusal: Refusal, request: Request | None) -> str:
        """Word an error for the message as a whole."""

    @abstractmethod
    def expire(self, request: Request) -> str:
        """Forget the caller's session and word the refusal, before any item is looked at."""

    def respond(self, body: bytes) -> Reply:
        """Take one request through settlement of what is due, faults, the books, and out again.

        The reply is returned after the books are committed.
        """
        world = self.world
        with world.ledger.transaction():
            world.ledger.settle_due()
            try:
                request = self.understand(body)
            except Refusal as refusal:
                return Reply(self.refuse(refusal, None).encode())
            return self._answer(request)

    def _answer(self, request: Request) -> Reply:
        faults = self.world.faults
        fault = faults.message(request.kind)
        number = faults.count("struck") if fault else 0
        unbooked = fault in BEFORE or (
            fault == "http_500" and self.world.seeded.unit("500", number) < 0.5
        )
        if fault:
            detail = "before anything was processed" if unbooked else "after processing"
            faults.record(fault, operation=request.operation, insids=request.insids, detail=detail)
        if fault == "token_expiry":
            return Reply(self.expire(request).encode())
        text = ""
        if not unbooked:
            try:
                text = self.handle(request)
            except Refusal as refusal:
                text = self.refuse(refusal, request)
        return self._damage(text, fault, number) if fault else Reply(text.encode())

    def _damage(self, text: str, fault: str, number: int) -> Reply:
        seeded, reply = self.world.seeded, Reply(text.encode())
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
            chinese = text.replace(">OK<", ">处理完<")
            if draw < 0.5:
                reply.body = chinese.encode("gb18030")
            else:
                reply.body = chinese.replace('encoding="UTF-8"', 'encoding="GBK"').encode()
        return reply
