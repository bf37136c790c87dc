"""Transports over real sockets: what provably did not leave, and what nobody can know."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from bankadapters.errors import NotSent, OutcomeUnknown, Unreadable
from bankadapters.framing import LengthPrefix
from bankadapters.stored import strip_frame
from bankadapters.transport import HttpTransport, TcpTransport


@contextlib.contextmanager
def listening(behave: Callable[[socket.socket], None]) -> Iterator[int]:
    """A server on a free port that treats each connection with `behave`."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    link, _ = server.accept()
                    with link, contextlib.suppress(OSError):
                        behave(link)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def answering(*parts: bytes, pause_s: float = 0) -> Callable[[socket.socket], None]:
    def behave(link: socket.socket) -> None:
        link.recv(65536)
        for part in parts:
            link.sendall(part)
            time.sleep(pause_s)

    return behave


def http(port: int, read_timeout_s: float = 2.0) -> HttpTransport:
    return HttpTransport(
        f"http://127.0.0.1:{port}/B2EC/E2BServlet",
        connect_timeout_s=1.0,
        read_timeout_s=read_timeout_s,
    )


class TestHttp:
    def test_brings_the_body(self):
        with listening(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n<a/>")) as port:
            assert http(port).exchange(b"<q/>") == b"<a/>"

    def test_nobody_listening_is_not_sent(self):
        with pytest.raises(NotSent):
            http(free_port()).exchange(b"<q/>")

    def test_an_unknown_host_is_not_sent(self):
        transport = HttpTransport("http://bank.invalid/", connect_timeout_s=2, read_timeout_s=2)

        with pytest.raises(NotSent):
            transport.exchange(b"<q/>")

    @pytest.mark.parametrize(
        "answer",
        [
            b"",
            b"HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\n<a",
            b"HTTP/1.1 500 Oops\r\nContent-Length: 4\r\n\r\n<a/>",
            b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
            b"nonsense",
        ],
    )
    def test_half_answers_and_other_statuses_leave_the_outcome_unknown(self, answer):
        with listening(answering(answer)) as port, pytest.raises(OutcomeUnknown):
            http(port).exchange(b"<q/>")

    def test_what_had_come_is_kept_as_evidence(self):
        half = b"HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\n<a"
        with listening(answering(half)) as port, pytest.raises(OutcomeUnknown) as caught:
            http(port).exchange(b"<q/>")

        assert caught.value.partial == b"<a"

    def test_silence_ends_with_the_read_timeout(self):
        with listening(lambda link: time.sleep(3)) as port, pytest.raises(OutcomeUnknown):
            http(port, 0.3).exchange(b"<q/>")

    def test_a_trickle_ends_with_the_read_timeout(self):
        parts = [b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n", *[b"<"] * 20]
        began = time.monotonic()
        with listening(answering(*parts, pause_s=0.1)) as port, pytest.raises(OutcomeUnknown):
            http(port, 0.4).exchange(b"<q/>")

        assert time.monotonic() - began < 1.5

    def test_the_environments_proxy_is_ignored(self, monkeypatch):
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port()}")
        monkeypatch.setenv("ALL_PROXY", f"http://127.0.0.1:{free_port()}")
        with listening(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n<a/>")) as port:
            assert http(port).exchange(b"<q/>") == b"<a/>"


def tcp(port: int, read_timeout_s: float = 2.0) -> TcpTransport:
    framer = LengthPrefix(width=6)
    return TcpTransport(
        "127.0.0.1", port, framer=framer, connect_timeout_s=1.0, read_timeout_s=read_timeout_s
    )


class TestTcp:
    def test_brings_the_frame(self):
        with listening(answering(b"00", b"0004<a", b"/>")) as port:
            assert tcp(port).exchange(b"<q/>") == b"<a/>"

    def test_nobody_listening_is_not_sent(self):
        with pytest.raises(NotSent):
            tcp(free_port()).exchange(b"<q/>")

    @pytest.mark.parametrize(
        "answer", [b"", b"000010<a", b"abcdef<a/>", b"-00004<a/>", b"999999999"]
    )
    def test_bad_frames_leave_the_outcome_unknown(self, answer):
        with listening(answering(answer)) as port, pytest.raises(OutcomeUnknown):
            tcp(port, 0.5).exchange(b"<q/>")

    def test_one_deadline_covers_the_whole_exchange(self):
        began = time.monotonic()
        with (
            listening(answering(b"000099", *[b"<"] * 20, pause_s=0.1)) as port,
            pytest.raises(OutcomeUnknown),
        ):
            tcp(port, 0.4).exchange(b"<q/>")

        assert time.monotonic() - began < 1.5


class TestStripFrame:
    @pytest.mark.parametrize(
        "data",
        [
            b"<a/>",
            b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n<a/>",
            b"HTTP/1.1 200 OK\nServer: x\n\n<a/>",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n<a\r\n2\r\n/>\r\n0\r\n\r\n",
            b"00000004<a/>",
            b"000010<a/>",
            b"4     <a/>",
        ],
    )
    def test_recognises_what_stands_in_front(self, data):
        assert strip_frame(data) == b"<a/>"

    @pytest.mark.parametrize(
        "data",
        [
            b"HTTP/1.1 500 No\r\n\r\n<a/>",
            b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n<a/>",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n<a",
            b"HTTP/1.1 200 OK\r\n",
            b"00000099<a/>",
            b"1 2345<a/>",
        ],
    )
    def test_refuses_one_that_does_not_fit(self, data):
        with pytest.raises(Unreadable):
            strip_frame(data)
