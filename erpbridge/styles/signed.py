"""The signature both sides put on what they exchange: HMAC-SHA-256 over canonical bytes under the system's shared key."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping

from django.utils.translation import gettext as _

from erpbridge.contract import Checked
from erpbridge.models import ErpSystem
from kernel import seal, vault


class BadSignature(ValueError):
    """What came is not signed by the system it says it is from, or was altered."""


def secrets_of(system: ErpSystem) -> dict[str, str]:
    """The system's secrets in clear, for the time of one exchange."""
    if not system.secrets:
        return {}
    data = vault.ring().decrypt(bytes(system.secrets), aad=f"erp.system:{system.name}")
    found: dict[str, str] = json.loads(data)
    return found


def key_of(system: ErpSystem) -> bytes:
    """The shared key. Raises BadSignature where none is set: nothing is exchanged unsigned."""
    key = secrets_of(system).get("key", "")
    if len(key) < 32:
        raise BadSignature("尚未设置签名密钥（至少 32 个字符）")
    return key.encode()


def sign(key: bytes, content: Mapping[str, object]) -> str:
    """The signature over `content` without its field `sign`."""
    plain = {name: value for name, value in content.items() if name != "sign"}
    return hmac.new(key, seal.canonical(plain), hashlib.sha256).hexdigest()


def verify(key: bytes, content: Mapping[str, object]) -> None:
    """Raise BadSignature unless `content["sign"]` is right."""
    given = content.get("sign")
    if not isinstance(given, str) or not hmac.compare_digest(given, sign(key, content)):
        raise BadSignature("签名不符：内容被改动，或不是由该系统签发")


def probe(system: ErpSystem) -> Checked:
    """Whether the shared key is set."""
    try:
        key_of(system)
    except BadSignature as error:
        return Checked(_("签名密钥"), False, str(error))
    return Checked(_("签名密钥"), True, _("已设置"))
