"""The SDK as a finance system installs it, against the real server over HTTP; a wire between them that can be cut."""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "sdk" / "python"))


class Wire:
    """Passes requests on to the server; `cuts` answers are swallowed after the server gave them."""

    def __init__(self, target: tuple[str, int]) -> None:
        self.target, self.cuts, self.passed = target, 0, 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._pass, args=(peer,), daemon=True).start()

    def _pass(self, peer: socket.socket) -> None:
        with peer, socket.create_connection(self.target) as server:
            server.sendall(_whole_request(peer))
            answer = b""
            while part := server.recv(65_536):
                answer += part
                if _is_whole(answer):
                    break
            self.passed += 1
            if self.cuts:
                self.cuts -= 1
                return
            peer.sendall(answer)


def _is_whole(data: bytes) -> bool:
    head, found, body = data.partition(b"\r\n\r\n")
    if not found:
        return False
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return len(body) >= int(value)
    return True


def _whole_request(peer: socket.socket) -> bytes:
    data = b""
    while not _is_whole(data):
        data += peer.recv(65_536)
    return data


@pytest.fixture
def wire(live_server) -> Iterator[Wire]:
    parts = urlsplit(live_server.url)
    wire = Wire((str(parts.hostname), int(parts.port or 80)))
    yield wire
    wire.listener.close()
