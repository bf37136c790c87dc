"""Ways to carry one request and bring one answer. Each says truthfully whether a byte may have left.

NotSent: provably none did (name, refusal, connect timeout, TLS before the request). OutcomeUnknown: anything later.
Nothing here retries, follows a redirect or takes a proxy from the environment.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Protocol
from urllib.parse import urlsplit

import httpx

from bankadapters.contract import WireExchange, WireRecorder
from bankadapters.errors import BankError, NotSent, OutcomeUnknown, Unreadable
from bankadapters.framing import LengthPrefix

ANSWER_BYTES_MAX = 20 * 1024 * 1024


class Broken(OutcomeUnknown):
    """The exchange broke after the request may have left; `partial` is what had come until then."""

    def __init__(self, text: str, *, partial: bytes = b"") -> None:
        super().__init__(text)
        self.partial = partial


class Transport(Protocol):
    """Carries one request and brings its answer."""

    def exchange(self, request: bytes) -> bytes:
        """The answer's body. Raises NotSent or OutcomeUnknown."""

    def close(self) -> None:
        """Let go of what is held open."""


Answer = bytes | Exception | Callable[[bytes], bytes]


class MemoryTransport:
    """For unit tests: answers from a list (bytes, an exception, a function of the request), keeps what it was sent."""

    def __init__(self, answers: Sequence[Answer] = ()) -> None:
        self.answers = list(answers)
        self.requests: list[bytes] = []

    def exchange(self, request: bytes) -> bytes:
        """The next answer of the list."""
        self.requests.append(request)
        if not self.answers:
            raise OutcomeUnknown("no answer left")
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, bytes) else answer(request)

    def close(self) -> None:
        """Holds nothing."""


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


class HttpTransport:
    """HTTP POST with the message as raw body; a fresh connection a request, so that no stale one fakes a lost answer."""

    def __init__(
        self,
        url: str,
        *,
        connect_timeout_s: float,
        read_timeout_s: float,
        content_type: str = "application/xml",
    ) -> None:
        secure = urlsplit(url).scheme == "https"
        self.url, self.read_timeout_s = url, read_timeout_s
        self.content_type = content_type
        self._client = httpx.Client(
            transport=httpx.HTTPTransport(
                verify=_tls() if secure else False,
                retries=0,
                limits=httpx.Limits(max_keepalive_connections=0),
            ),
            timeout=httpx.Timeout(read_timeout_s, connect=connect_timeout_s),
            follow_redirects=False,
            trust_env=False,
        )

    def exchange(self, request: bytes) -> bytes:
        """POST the body, return the answer's body of an HTTP 200."""
        deadline = time.monotonic() + self.read_timeout_s
        came = bytearray()
        try:
            headers = {
                "Content-Type": self.content_type,
                "Connection": "close",
                "Accept-Encoding": "identity",
            }
            with self._client.stream("POST", self.url, content=request, headers=headers) as answer:
                return self._read(answer, deadline, came)
        except (
            httpx.ConnectError,
            httpx.ConnectTimeout,
            httpx.UnsupportedProtocol,
            httpx.InvalidURL,
        ) as error:
            raise NotSent(f"cannot reach the bank front-end: {error}") from error
        except httpx.HTTPError as error:
            raise Broken(f"{type(error).__name__}: {error}", partial=bytes(came)) from error

    @staticmethod
    def _read(answer: httpx.Response, deadline: float, came: bytearray) -> bytes:
        for part in answer.iter_raw():
            came += part
            if len(came) > ANSWER_BYTES_MAX:
                raise Broken(
                    f"answer longer than {ANSWER_BYTES_MAX} bytes", partial=bytes(came[:4096])
                )
            if time.monotonic() > deadline:
                raise Broken("answer not complete within its time", partial=bytes(came))
        size = len(came)
        announced = answer.headers.get("content-length", "")
        if announced.isdigit() and int(announced) != size:
            raise Broken(f"half an answer: {size} of {announced} bytes", partial=bytes(came))
        if answer.status_code != 200:
            raise Broken(f"HTTP {answer.status_code} instead of 200", partial=bytes(came))
        return bytes(came)

    def close(self) -> None:
        """Close the client."""
        self._client.close()


class TcpTransport:
    """One length-prefixed frame out, one back, over a fresh connection, under one deadline for the whole exchange."""

    def __init__(
        self,
        host: str,
        port: int,
        *,
        framer: LengthPrefix,
        connect_timeout_s: float,
        read_timeout_s: float,
    ) -> None:
        self.address, self.framer = (host, port), framer
        self.connect_timeout_s, self.read_timeout_s = connect_timeout_s, read_timeout_s

    def exchange(self, request: bytes) -> bytes:
        """Send the frame, read the answer's frame."""
        frame = self.framer.encode(request)
        try:
            connection = socket.create_connection(self.address, timeout=self.connect_timeout_s)
        except OSError as error:
            raise NotSent(f"cannot reach the bank front-end: {error}") from error
        deadline = time.monotonic() + self.read_timeout_s

        def receive(count: int) -> bytes:
            left = deadline - time.monotonic()
            if left <= 0:
                raise OutcomeUnknown("answer not complete within its time")
            connection.settimeout(left)
            return connection.recv(min(count, 65536))

        with connection:
            try:
                connection.settimeout(self.read_timeout_s)
                connection.sendall(frame)
                return self.framer.read(receive)
            except BankError as error:
                if isinstance(error, Unreadable):
                    raise OutcomeUnknown(error.text) from error
                raise
            except OSError as error:
                raise OutcomeUnknown(f"{type(error).__name__}: {error}") from error

    def close(self) -> None:
        """Holds nothing between exchanges."""


class RecordedTransport:
    """A transport whose every exchange is told to a recorder, before the first byte leaves and after the last came."""

    def __init__(
        self,
        transport: Transport,
        recorder: WireRecorder | None,
        *,
        redact: Callable[[bytes], bytes],
    ) -> None:
        self.transport, self.recorder, self.redact = transport, recorder, redact

    def exchange(self, operation: str, request: bytes) -> bytes:
        """Carry one message. Raises NotSent (also when the evidence cannot be kept), OutcomeUnknown."""
        if self.recorder is None:
            return self.transport.exchange(request)
        evidence = self.redact(request)
        try:
            ticket = self.recorder.before(WireExchange(operation, evidence))
        except Exception as error:
            raise NotSent(f"evidence could not be recorded, nothing was sent: {error}") from error
        try:
            answer = self.transport.exchange(request)
        except Exception as error:
            partial = getattr(error, "partial", b"")
            words = f"{type(error).__name__}: {error}"
            kept = self.redact(partial) if partial else None
            self.recorder.after(ticket, WireExchange(operation, evidence, kept, words))
            if isinstance(error, BankError):
                raise
            raise OutcomeUnknown(words) from error
        self.recorder.after(ticket, WireExchange(operation, evidence, self.redact(answer)))
        return answer
