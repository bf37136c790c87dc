"""Style 4 from the finance system's end: frames and XML by hand, calling again under the same number when a line breaks."""

from __future__ import annotations

import json
import socket
import socketserver
import ssl
import threading
import time
import uuid
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from erpbridge.simulator.sides.base import Item, Side, signature

TX = {
    "payment_request": "PAY",
    "master_data": "MASTER",
    "receipt": "RECEIPT",
    "voucher_ack": "VACK",
    "holding": "HOLD",
}


def frame(body: bytes) -> bytes:
    """Eight digits and the body."""
    return f"{len(body):08d}".encode() + body


def read_frame(peer: socket.socket) -> bytes:
    """One body; raises ConnectionError when the line breaks."""
    return _exactly(peer, int(_exactly(peer, 8)))


def _exactly(peer: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        part = peer.recv(count - len(data))
        if not part:
            raise ConnectionError("the line broke")
        data += part
    return data


def write(
    key: str, *, msg_id: str, system: str, tx: str, moment: str, items: Sequence[Mapping[str, Any]]
) -> bytes:
    """A signed message."""
    rows = [{n: str(v) for n, v in item.items() if v not in (None, "")} for item in items]
    content = {"MsgId": msg_id, "Sys": system, "Tx": tx, "Time": moment, "Items": rows}
    root = ElementTree.Element("YQ")
    head = ElementTree.SubElement(root, "Head")
    for name in ("MsgId", "Sys", "Tx", "Time"):
        ElementTree.SubElement(head, name).text = str(content[name])
    ElementTree.SubElement(head, "Sign").text = signature(key, content)
    body = ElementTree.SubElement(root, "Body")
    for row in rows:
        one = ElementTree.SubElement(body, "Item")
        for name, value in row.items():
            ElementTree.SubElement(one, name).text = value
    return bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True))


def read(key: str, data: bytes) -> tuple[str, list[dict[str, str]]]:
    """Its number and its rows; raises ValueError unless it is signed with our key."""
    root = ElementTree.fromstring(data)  # noqa: S314 - the platform, signed; this side is a simulator
    values = {name: root.findtext(f"Head/{name}") or "" for name in ("MsgId", "Sys", "Tx", "Time")}
    rows = [{cell.tag: cell.text or "" for cell in item} for item in root.iterfind("Body/Item")]
    if root.findtext("Head/Sign") != signature(key, {**values, "Items": rows}):
        raise ValueError("not signed by the platform")
    return values["MsgId"], rows


class TcpSide(Side):
    """Calls the platform; `now` gives the time put into messages (ISO, with offset)."""

    def __init__(
        self,
        address: tuple[str, int],
        *,
        system: str,
        key: str,
        now: Callable[[], str],
        context: ssl.SSLContext | None = None,
        tries: int = 20,
    ) -> None:
        self.address, self.system, self.key, self.now = address, system, key, now
        self.context, self.tries = context, tries
        self.answers: dict[str, dict[str, Any]] = {}

    def exchange(self, body: bytes) -> bytes:
        """One frame out, one back, on a connection of its own."""
        with socket.create_connection(self.address, timeout=15) as plain:
            peer = (
                self.context.wrap_socket(plain, server_hostname="localhost")
                if self.context
                else plain
            )
            with peer:
                peer.sendall(frame(body))
                return read_frame(peer)

    def call(self, tx: str, items: Sequence[Item], *, msg_id: str) -> list[dict[str, str]]:
        """Ask until there is an answer, always under the same number."""
        body = write(
            self.key, msg_id=msg_id, system=self.system, tx=tx, moment=self.now(), items=items
        )
        for attempt in range(self.tries):
            try:
                told, rows = read(self.key, self.exchange(body))
            except (OSError, ValueError, ElementTree.ParseError):
                if attempt == self.tries - 1:
                    raise
                time.sleep(0.05)
                continue
            if told != msg_id:
                raise ValueError("the answer is to another message")
            return rows
        raise ConnectionError("no answer")

    def send(self, items: Sequence[Item], *, key: str, kind: str = "payment_request") -> None:
        """One call; its answer is kept."""
        rows = self.call(TX[kind], items, msg_id=key)
        if rows and rows[0].get("status") == "REFUSED":
            self.answers[key] = {"refused": rows[0]["code"]}
            return
        self.answers[key] = {
            "results": [
                {
                    "row": int(row["row"]),
                    "status": row["status"],
                    "ours": row.get("ours", ""),
                    "state": row.get("state", ""),
                    "errors": json.loads(row.get("errors", "[]")),
                }
                for row in rows
            ]
        }

    def answer(self, key: str) -> dict[str, Any] | None:
        """What the call was answered."""
        return self.answers.get(key)

    def fetch(self) -> list[dict[str, Any]]:
        """Messages that wait."""
        rows = self.call("FETCH", [], msg_id=uuid.uuid4().hex)
        return [{k: v for k, v in row.items() if k != "kind"} for row in rows]

    def acknowledge(self, message_ids: Sequence[str]) -> None:
        """Say that they are stored."""
        if message_ids:
            self.call(
                "RECEIPT", [{"message_id": one} for one in message_ids], msg_id=uuid.uuid4().hex
            )


class Listener(socketserver.ThreadingTCPServer):
    """The other way round: the platform calls and pushes messages; they are stored once, by their id."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, *, system: str, key: str, now: Callable[[], str]) -> None:
        super().__init__(("127.0.0.1", 0), _Taker)
        self.system, self.key, self.now = system, key, now
        self.stored: dict[str, dict[str, str]] = {}
        self.calls = 0
        threading.Thread(target=self.serve_forever, daemon=True).start()


class _Taker(socketserver.BaseRequestHandler):
    server: Listener

    def handle(self) -> None:
        msg_id, rows = read(self.server.key, read_frame(self.request))
        self.server.calls += 1
        for row in rows:
            self.server.stored.setdefault(row["message_id"], row)
        body = write(
            self.server.key,
            msg_id=msg_id,
            system=self.server.system,
            tx="MESSAGES_R",
            moment=self.server.now(),
            items=[{"message_id": row["message_id"]} for row in rows],
        )
        self.request.sendall(frame(body))
