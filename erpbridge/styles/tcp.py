"""Style 4, TCP: framed, signed XML; one request, one answer. Both sides may call: we serve requests, and push messages.

DOMAIN §7, style 4. Tx of requests: PAY, MASTER, RECEIPT, VACK, HOLD, FETCH; of ours: MESSAGES. No state hangs on a connection.
"""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.utils.translation import gettext as _

from erpbridge.contract import Checked, Delivery, Kind
from erpbridge.models import ErpSystem
from erpbridge.selectors import own_messages
from erpbridge.services import publish, receipts_in, taking
from erpbridge.styles import envelope, frames, safe_xml, signed
from erpbridge.styles.envelope import Message
from kernel import clock
from kernel.errors import DomainError
from masterdata.selectors import scope_of_client

KINDS = {
    "PAY": Kind.PAYMENT_REQUEST,
    "MASTER": Kind.MASTER_DATA,
    "RECEIPT": Kind.RECEIPT,
    "VACK": Kind.VOUCHER_ACK,
    "HOLD": Kind.HOLDING,
}
SKEW = timedelta(seconds=300)
PER_CALL = 100


class Unknown(ValueError):
    """A request of nobody we know: it is not answered."""


def answer(body: bytes, systems: Mapping[str, ErpSystem]) -> bytes:
    """The answer to one request body. Raises UnsafeXml, Unknown, BadSignature: then there is none, the connection closes."""
    asked = envelope.read(body)
    system = systems.get(asked.system)
    if system is None:
        raise Unknown(f"no system {asked.system[:60]}")
    key = signed.key_of(system)
    signed.verify(key, asked.signed_content())
    items = _outcome(system, asked)
    return _write(system, key, asked.msg_id, f"{asked.tx}_R", items)


def _write(
    system: ErpSystem, key: bytes, msg_id: str, tx: str, items: Sequence[Mapping[str, Any]]
) -> bytes:
    texts = [
        {name: str(value) for name, value in item.items() if value not in (None, "")}
        for item in items
    ]
    plain = Message(msg_id, system.name, tx, clock.now().isoformat(timespec="seconds"), texts)
    sign = signed.sign(key, plain.signed_content())
    told = Message(plain.msg_id, plain.system, plain.tx, plain.time, plain.items, sign)
    return envelope.write(told, encoding=str(system.settings.get("encoding", "utf-8")))


def _refused(code: str, message: str) -> list[dict[str, Any]]:
    return [{"status": "REFUSED", "code": code, "message_zh": message}]


def _outcome(system: ErpSystem, asked: Message) -> list[dict[str, Any]]:
    try:
        moment = datetime.fromisoformat(asked.time)
    except ValueError:
        return _refused("time", "Time 应为带时区的 ISO 时间")
    if moment.tzinfo is None or abs(clock.now() - moment) > SKEW:
        return _refused("clock_skew", f"Time 与本系统相差超过 {SKEW.seconds} 秒")
    if asked.tx == "FETCH":
        return _due(system)
    if asked.tx not in KINDS:
        return _refused("tx", f"不支持的交易 {asked.tx[:20]}")
    delivery = Delivery(KINDS[asked.tx], asked.msg_id, list(asked.items), style="tcp")
    try:
        reply, _ = taking.take(client=system.client, delivery=delivery)
    except DomainError as refusal:
        return _refused(refusal.code, refusal.message)
    results = reply.body.get("results")
    if results is None:
        first = reply.body["errors"][0]
        return _refused(first["code"], first["message_zh"])
    return [
        {**result, "errors": json.dumps(result["errors"], ensure_ascii=False)} for result in results
    ]


def _due(system: ErpSystem) -> list[dict[str, Any]]:
    rows = own_messages(system.client, scope=scope_of_client(system.client))
    waiting = rows.filter(acked_at=None).order_by("pk")[:PER_CALL]
    return [
        {"message_id": one.message_id, "kind": one.kind, **item}
        for one in waiting
        for item in publish.items_of(one)
    ]


def poll(system: ErpSystem) -> int:
    """Nothing: the finance system calls us."""
    return 0


def deliver(system: ErpSystem) -> int:
    """Push what is due where the system named an address; returns messages the other side said it stored.

    Without an address messages wait to be fetched.
    """
    host, port = str(system.settings.get("push_host", "")), int(system.settings.get("push_port", 0))
    if not host or not port:
        return 0
    due = publish.claim_deliveries(client=system.client, limit=PER_CALL)
    if not due:
        return 0
    ids = [pk for pk, _ in due]
    items = [
        {"message_id": message.message_id, "kind": message.kind, **item}
        for _, message in due
        for item in message.items
    ]
    try:
        stored = _push(system, host, port, items)
    except (OSError, ValueError, frames.Closed) as error:
        publish.note_not_delivered(ids=ids, why=str(error) or type(error).__name__)
        raise OSError(f"推送失败：{error}") from error
    publish.note_delivered(ids=ids)
    receipts_in.acknowledge(client=system.client, message_ids=stored)
    return len(due)


def _push(system: ErpSystem, host: str, port: int, items: Sequence[Mapping[str, Any]]) -> list[str]:
    """Call the other side and hand over; the ids it says it stored."""
    key = signed.key_of(system)
    msg_id = uuid4().hex
    with socket.create_connection((host, port), timeout=frames.HEADER_S) as plain:
        peer = plain
        if system.settings.get("tls", True):
            peer = client_context(system).wrap_socket(plain, server_hostname=host)
        with peer:
            frames.send(peer, _write(system, key, msg_id, "MESSAGES", items))
            told = envelope.read(frames.receive(peer))
    signed.verify(key, told.signed_content())
    if told.msg_id != msg_id:
        raise safe_xml.UnsafeXml("the answer is to another message")
    return [str(item["message_id"]) for item in told.items if "message_id" in item]


def probe(system: ErpSystem) -> list[Checked]:
    """Whether the address messages are pushed to answers, with its certificate; nothing is sent."""
    host, port = str(system.settings.get("push_host", "")), int(system.settings.get("push_port", 0))
    found = [signed.probe(system)]
    if not host or not port:
        return [*found, Checked(_("推送地址"), True, _("未设置：对方连接后读取消息"))]
    try:
        with socket.create_connection((host, port), timeout=frames.HEADER_S) as plain:
            if system.settings.get("tls", True):
                with client_context(system).wrap_socket(plain, server_hostname=host) as peer:
                    return [*found, Checked(_("推送地址"), True, str(peer.version()))]
    except (OSError, ValueError) as error:
        return [*found, Checked(_("推送地址"), False, str(error))]
    return [*found, Checked(_("推送地址"), True, f"{host}:{port}")]


def client_context(system: ErpSystem) -> ssl.SSLContext:
    """TLS towards the other side: its certificate is checked against the authority that was agreed, ours is shown."""
    secrets = signed.secrets_of(system)
    context = ssl.create_default_context(cadata=secrets.get("ca") or None)
    certificate, private = system.settings.get("cert_file"), system.settings.get("key_file")
    if certificate and private:
        context.load_cert_chain(str(certificate), str(private))
    return context
