"""The server of style 4: a thread a connection, so many and no more; slow and broken peers are dropped, the others served."""

from __future__ import annotations

import socket
import socketserver
import ssl
import threading
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import structlog
from django.db import close_old_connections, connections

from erpbridge import selectors
from erpbridge.models import ErpSystem
from erpbridge.styles import frames, tcp

log = structlog.get_logger(__name__)
CONNECTIONS_MAX = 64
ROOM_BYTES = 64 * 1024 * 1024  # of large requests in memory at once
CONNECTIONS_EACH = 16  # of one address: one peer that hangs leaves the others their places
REQUESTS_MAX = 1_000  # a connection that has asked so often is closed: it may call again


def _systems() -> Mapping[str, ErpSystem]:
    return {system.name: system for system in selectors.active_systems("tcp")}


class Handler(socketserver.BaseRequestHandler):
    """One connection: request, answer, until the peer leaves or breaks the rules."""

    request: socket.socket
    server: Server

    def handle(self) -> None:
        """Serve until the peer closes, is slow, or sends what is no request."""
        peer = str(self.client_address[0])
        if not self.server.admits(peer):
            log.warning("erp_tcp_full", peer=peer)
            return
        try:
            self._serve(self.server.secured(self.request))
        except frames.Closed:
            return
        except (OSError, ValueError, tcp.Unknown) as error:
            log.warning("erp_tcp_dropped", peer=peer, why=str(error)[:200])
        finally:
            connections.close_all()
            self.server.leaves(peer)

    def _serve(self, peer: socket.socket) -> None:
        with peer:
            for _ in range(REQUESTS_MAX):
                with frames.received(peer, self.server.room) as body:
                    close_old_connections()
                    frames.send(peer, tcp.answer(body, _systems()))


class Server(socketserver.ThreadingTCPServer):
    """Listens on one address; with a TLS context, peers must show a certificate of the agreed authority."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self,
        address: tuple[str, int],
        *,
        context: ssl.SSLContext | None,
        each: int = CONNECTIONS_EACH,
    ) -> None:
        super().__init__(address, Handler)
        self.context, self.each = context, each
        self.room = frames.Room(ROOM_BYTES)
        self._peers: Counter[str] = Counter()
        self._counting = threading.Lock()

    def admits(self, peer: str) -> bool:
        """Whether one more connection of this address is served; it is counted then."""
        with self._counting:
            if self._peers.total() >= CONNECTIONS_MAX or self._peers[peer] >= self.each:
                return False
            self._peers[peer] += 1
            return True

    def leaves(self, peer: str) -> None:
        """A connection of this address ended."""
        with self._counting:
            self._peers[peer] -= 1
            if not self._peers[peer]:
                del self._peers[peer]

    def secured(self, plain: socket.socket) -> socket.socket:
        """The connection under TLS; the handshake too has a deadline."""
        plain.settimeout(frames.HEADER_S)
        if self.context is None:
            return plain
        return self.context.wrap_socket(plain, server_side=True)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A bug of ours: told in the log with its trace, the other connections go on."""
        log.exception("erp_tcp_error", peer=client_address[0])


def server_context(*, certificate: Path, private: Path, authority: Path) -> ssl.SSLContext:
    """TLS with both sides' certificates, 1.2 or newer."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, private)
    context.load_verify_locations(authority)
    context.verify_mode = ssl.CERT_REQUIRED
    return context
