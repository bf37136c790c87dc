"""Style 1's other way: signed webhooks. Each message is posted at least once, under its id, until it is stored or given up.

The receiver answers 2xx only once the event is stored; it tells repetitions by `YQ-Event-Id` and order by `version`.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import json
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

import httpx
from django.conf import settings
from django.utils.translation import gettext as _

from erpbridge.contract import Checked, Outgoing
from erpbridge.models import ErpSystem
from erpbridge.services import lanes, publish, receipts_in
from erpbridge.styles import signed
from kernel import clock, hosts

PER_TICK = 50
TRIES_MAX = 12  # seven hours of growing pauses; then a person looks
TIMEOUT = httpx.Timeout(10.0, connect=5.0)
ANSWER_MAX = 500  # bytes of an answer that are read
KEY_MIN = 32


class NotStored(OSError):
    """The receiver did not take the event; `is_down` when it could not be reached at all."""

    def __init__(self, why: str, *, is_down: bool = False) -> None:
        super().__init__(why)
        self.is_down = is_down


def signature(key: bytes, *, event_id: str, moment: str, body: bytes) -> str:
    """What stands in `YQ-Signature`: HMAC-SHA-256 over moment, event id and body, joined by dots."""
    content = b".".join((moment.encode(), event_id.encode(), body))
    return "v1=" + hmac.new(key, content, hashlib.sha256).hexdigest()


def poll(system: ErpSystem) -> int:
    """Nothing: the finance system calls us."""
    return 0


def deliver(system: ErpSystem) -> int:
    """Post what is due where the system named an address; returns messages stored over there."""
    if not system.settings.get("webhook_url"):
        return 0
    key, stored = _key(system), 0
    due = publish.claim_deliveries(client=system.client, limit=PER_TICK)
    for pk, message in due:
        try:
            _post(system, key, message.message_id, _body(message))
        except NotStored as refusal:
            dead = publish.note_not_delivered(ids=[pk], why=str(refusal), tries_max=TRIES_MAX)
            if dead:
                lanes.alarm_dead(system, count=dead)
            if refusal.is_down:
                raise  # the others are due again when their lease ends
            continue
        publish.note_delivered(ids=[pk])
        receipts_in.acknowledge(client=system.client, message_ids=[message.message_id])
        stored += 1
    return stored


def _key(system: ErpSystem) -> bytes:
    key = signed.secrets_of(system).get("webhook_key", "")
    if len(key) < KEY_MIN:
        raise signed.BadSignature("尚未设置推送签名密钥（至少 32 个字符）")
    return key.encode()


def _body(message: Outgoing) -> bytes:
    told = {
        "id": message.message_id,
        "event": message.kind,
        "version": message.version,
        "company_code": message.company_code,
        "items": list(message.items),
    }
    return json.dumps(told, ensure_ascii=False, sort_keys=True).encode()


def _resolved(host: str, port: int) -> str:
    """One address of the host, every one of which may be called. Raises NotStored."""
    try:
        hosts.demand_allowed(host, listed=settings.ERP_HOSTS)
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except hosts.HostForbidden as refused:
        raise NotStored(refused.message, is_down=True) from None
    except (OSError, UnicodeError) as error:
        raise NotStored(f"无法解析主机 {host}：{error}", is_down=True) from None
    addresses = [ipaddress.ip_address(str(where[0]).partition("%")[0]) for *_rest, where in found]
    for address in addresses:
        is_here = (getattr(address, "ipv4_mapped", None) or address).is_loopback
        if hosts.is_forbidden(address) or (is_here and not settings.ERP_LOCAL):
            raise NotStored(f"不允许连接主机 {host}", is_down=True)
    return str(addresses[0])


def _context(system: ErpSystem) -> ssl.SSLContext:
    return ssl.create_default_context(cadata=signed.secrets_of(system).get("ca") or None)


@contextmanager
def _answer(system: ErpSystem, headers: dict[str, str], body: bytes) -> Iterator[httpx.Response]:
    """Post to the address that was looked up and judged: a name that changes between the two leads nowhere else."""
    parts = urlsplit(str(system.settings["webhook_url"]))
    host, is_tls = hosts.host_of(parts.geturl()), parts.scheme == "https"
    if not is_tls and not settings.ERP_LOCAL:
        raise NotStored("推送地址应以 https:// 开头", is_down=True)
    port = parts.port or (443 if is_tls else 80)
    address = _resolved(host, port)
    where = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
    url = urlunsplit((parts.scheme, where, parts.path or "/", parts.query, ""))
    with httpx.Client(
        timeout=TIMEOUT, follow_redirects=False, trust_env=False, verify=_context(system)
    ) as http:
        request = http.build_request(
            "POST",
            url,
            content=body,
            headers={**headers, "Host": host if parts.port is None else f"{host}:{port}"},
            extensions={"sni_hostname": host},
        )
        answer = http.send(request, stream=True)
        try:
            yield answer
        finally:
            answer.close()


def _post(system: ErpSystem, key: bytes, event_id: str, body: bytes) -> None:
    """Post one event. Raises NotStored unless the answer is 2xx."""
    moment = str(int(time.time()))
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "YQLink",
        "YQ-Event-Id": event_id,
        "YQ-Timestamp": moment,
        "YQ-Signature": signature(key, event_id=event_id, moment=moment, body=body),
    }
    try:
        with _answer(system, headers, body) as answer:
            if answer.is_success:
                return
            said = next(answer.iter_bytes(ANSWER_MAX), b"").decode("utf-8", "replace")
            raise NotStored(f"对方应答 {answer.status_code}：{said[:120]}")
    except (httpx.HTTPError, ssl.SSLError) as error:
        raise NotStored(f"{type(error).__name__}：{error}", is_down=True) from None


def probe(system: ErpSystem) -> list[Checked]:
    """Whether the system has called, and whether its webhook takes a signed ping."""
    url = str(system.settings.get("webhook_url", ""))
    if not url:
        return [Checked(_("推送地址"), True, _("未设置：对方用接口读取消息"))]
    try:
        ping = json.dumps({"event": "ping", "at": clock.now().isoformat()}).encode()
        _post(system, _key(system), "ping", ping)
    except (NotStored, signed.BadSignature) as refusal:
        return [Checked(_("推送地址"), False, str(refusal))]
    return [Checked(_("推送地址"), True, _("对方接收了带签名的测试消息"))]
