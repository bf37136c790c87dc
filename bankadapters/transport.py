"""Ways to carry one request and bring one answer. Each says truthfully whether a byte may have left.

NotSent: provably none did (name, refusal, connect timeout, TLS before the request). OutcomeUnknown: anything later.
Nothing here retries, follows a redirect or takes a proxy from the environment.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol
from urllib.parse import quote_from_bytes, urlsplit

import httpcore

from bankadapters.contract import Connection, WireExchange, WireRecorder
from bankadapters.errors import BankError, NotSent, OutcomeUnknown, Unreadable
from bankadapters.framing import Framer

ANSWER_BYTES_MAX = 20 * 1024 * 1024
FORM = "application/x-www-form-urlencoded"


class Broken(OutcomeUnknown):
    """The exchange broke after the request may have left; `partial` is what had come until then."""

    def __init__(self, text: str, *, partial: bytes = b"", code: str = "") -> None:
        super().__init__(text, code=code)
        self.partial = partial


class Transport(Protocol):
    """Carries one request and brings its answer."""

    def exchange(self, request: bytes, *, target: str = "") -> bytes:
        """The answer's body; `target` is the path and query of this request below the endpoint's own address.

        Raises NotSent or OutcomeUnknown.
        """

    def close(self) -> None:
        """Let go of what is held open."""


Answer = bytes | Exception | Callable[[bytes], bytes]


class MemoryTransport:
    """For unit tests: answers from a list (bytes, an exception, a function of the request), keeps what it was sent."""

    def __init__(self, answers: Sequence[Answer] = ()) -> None:
        self.answers = list(answers)
        self.requests: list[bytes] = []
        self.targets: list[str] = []

    def exchange(self, request: bytes, *, target: str = "") -> bytes:
        """The next answer of the list."""
        self.requests.append(request)
        self.targets.append(target)
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


class _Stream(httpcore.NetworkStream):
    """A connection on which nothing waits beyond one deadline, however the peer trickles its bytes."""

    def __init__(self, inner: httpcore.NetworkStream, deadline: float) -> None:
        self.inner, self.deadline = inner, deadline

    def _left(self) -> float:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("answer not complete within its time")
        return left

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self.inner.read(max_bytes, self._left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), 65536):
            self.inner.write(buffer[start : start + 65536], self._left())

    def close(self) -> None:
        self.inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        return _Stream(self.inner.start_tls(ssl_context, server_hostname, timeout), self.deadline)

    def get_extra_info(self, info: str) -> object:
        return self.inner.get_extra_info(info)


class _Backend(httpcore.SyncBackend):
    def __init__(self, deadline: float) -> None:
        self.deadline = deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        made = super().connect_tcp(host, port, timeout, local_address, socket_options)
        return _Stream(made, self.deadline)


class HttpTransport:
    """HTTP POST with the message as raw body; a fresh connection a request, so that no stale one fakes a lost answer.

    One deadline covers everything after the connection stands. With `form_field` the message is the value of that field
    of a form, percent-encoded byte by byte.
    """

    def __init__(
        self,
        url: str,
        *,
        connect_timeout_s: float,
        read_timeout_s: float,
        content_type: str = "application/xml",
        form_field: str = "",
    ) -> None:
        self.url, self.form_field = url, form_field
        self.connect_timeout_s, self.read_timeout_s = connect_timeout_s, read_timeout_s
        self.content_type = FORM if form_field else content_type

    def exchange(self, request: bytes, *, target: str = "") -> bytes:
        """POST the body, return the answer's body of an HTTP 200."""
        url = f"{self.url.rstrip('/')}/{target.lstrip('/')}" if target else self.url
        body = form([(self.form_field, request)]) if self.form_field else request
        headers = [("Content-Type", self.content_type), ("Content-Length", str(len(body)))]
        headers += [("Host", urlsplit(url).netloc.rpartition("@")[2]), ("Connection", "close")]
        waits = {
            "connect": self.connect_timeout_s,
            "read": self.read_timeout_s,
            "write": self.read_timeout_s,
        }
        came = bytearray()
        try:
            with (
                self._pool(url) as pool,
                pool.stream(
                    "POST", url, headers=headers, content=body, extensions={"timeout": waits}
                ) as answer,
            ):
                return self._read(answer, came)
        except (
            httpcore.ConnectError,
            httpcore.ConnectTimeout,
            httpcore.UnsupportedProtocol,
        ) as error:
            raise NotSent(f"cannot reach the bank front-end: {error}") from error
        except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError) as error:
            raise Broken(f"{type(error).__name__}: {error}", partial=bytes(came)) from error

    def _pool(self, url: str) -> httpcore.ConnectionPool:
        deadline = time.monotonic() + self.connect_timeout_s + self.read_timeout_s
        return httpcore.ConnectionPool(
            ssl_context=_tls() if urlsplit(url).scheme == "https" else None,
            max_connections=1,
            max_keepalive_connections=0,
            retries=0,
            network_backend=_Backend(deadline),
        )

    @staticmethod
    def _read(answer: httpcore.Response, came: bytearray) -> bytes:
        for part in answer.iter_stream():
            came += part
            if len(came) > ANSWER_BYTES_MAX:
                raise Broken(
                    f"answer longer than {ANSWER_BYTES_MAX} bytes", partial=bytes(came[:4096])
                )
        size = len(came)
        heads = {name.lower(): value for name, value in answer.headers}
        announced = heads.get(b"content-length", b"")
        if announced.isdigit() and int(announced) != size:
            raise Broken(f"half an answer: {size} of {int(announced)} bytes", partial=bytes(came))
        if answer.status != 200:
            raise Broken(f"HTTP {answer.status} instead of 200", partial=bytes(came))
        return bytes(came)

    def close(self) -> None:
        """Holds nothing between exchanges."""


def form(fields: Sequence[tuple[str, bytes]]) -> bytes:
    """The body of an HTML form; values are bytes in the bank's own encoding, every byte beyond letters and digits escaped."""
    return "&".join(f"{name}={quote_from_bytes(value, safe='')}" for name, value in fields).encode()


class TcpTransport:
    """One frame out, one back, over a fresh connection, under one deadline for the whole exchange."""

    def __init__(
        self,
        host: str,
        port: int,
        *,
        framer: Framer,
        connect_timeout_s: float,
        read_timeout_s: float,
    ) -> None:
        self.address, self.framer = (host, port), framer
        self.connect_timeout_s, self.read_timeout_s = connect_timeout_s, read_timeout_s

    def exchange(self, request: bytes, *, target: str = "") -> bytes:
        """Send the frame, read the answer's frame."""
        frame = self.framer.encode(request)
        try:
            connection = socket.create_connection(self.address, timeout=self.connect_timeout_s)
        except OSError as error:
            raise NotSent(f"cannot reach the bank front-end: {error}") from error
        deadline, came = time.monotonic() + self.read_timeout_s, bytearray()

        def receive(count: int) -> bytes:
            left = deadline - time.monotonic()
            if left <= 0:
                raise Broken("answer not complete within its time", partial=bytes(came))
            connection.settimeout(left)
            part = connection.recv(min(count, 65536))
            came.extend(part)
            if len(came) > ANSWER_BYTES_MAX:
                raise Broken(
                    f"answer longer than {ANSWER_BYTES_MAX} bytes", partial=bytes(came[:4096])
                )
            return part

        with connection:
            try:
                connection.settimeout(self.read_timeout_s)
                connection.sendall(frame)
                return self.framer.read(receive)
            except Unreadable as error:
                raise Broken(error.text, partial=bytes(came), code=error.code) from error
            except OSError as error:
                raise Broken(f"{type(error).__name__}: {error}", partial=bytes(came)) from error

    def close(self) -> None:
        """Holds nothing between exchanges."""


@dataclass(frozen=True)
class Carrier:
    """How the messages of one role travel: which endpoint of the connection, and its manner over HTTP or TCP."""

    endpoint: str = "main"
    content_type: str = "application/xml"
    form_field: str = ""
    framer: Framer | None = None

    def open(self, connection: Connection) -> Transport:
        """The transport to the connection's endpoint: tcp:// where the bank frames its messages, else HTTP.

        Raises NotSent where the connection has no such address.
        """
        address = connection.endpoints.get(self.endpoint, "")
        parts = urlsplit(address)
        timeouts = {
            "connect_timeout_s": connection.connect_timeout_s,
            "read_timeout_s": connection.read_timeout_s,
        }
        if parts.scheme == "tcp" and self.framer is not None and parts.hostname and parts.port:
            return TcpTransport(parts.hostname, parts.port, framer=self.framer, **timeouts)
        if parts.scheme in ("http", "https"):
            return HttpTransport(
                address, content_type=self.content_type, form_field=self.form_field, **timeouts
            )
        raise NotSent(f"endpoint {self.endpoint!r} has no usable address: {address!r}")


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

    def exchange(self, operation: str, request: bytes, *, target: str = "") -> bytes:
        """Carry one message. Raises NotSent (also when the evidence cannot be kept), OutcomeUnknown."""
        if self.recorder is None:
            return self.transport.exchange(request, target=target)
        evidence = self.redact(f"POST {target}\r\n\r\n".encode() + request if target else request)
        try:
            ticket = self.recorder.before(WireExchange(operation, evidence))
        except Exception as error:
            raise NotSent(f"evidence could not be recorded, nothing was sent: {error}") from error
        try:
            answer = self.transport.exchange(request, target=target)
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
