"""Reading wire evidence: decrypted for those who may, redacted, and never without a trace."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from django.db import transaction

import audit.services as audit
from bankbridge import selectors
from bankbridge.masking import masked
from bankbridge.models import Exchange
from bankbridge.recorder import aad, unpacked
from kernel import vault
from kernel.scope import Scope

_ENCODING = re.compile(rb"""encoding\s*=\s*["']\s*([A-Za-z0-9 _-]{1,20})""")
SHOWN_MAX = 200_000


@dataclass(frozen=True)
class Reading:
    """An exchange as somebody may see it; the texts are empty where they may not be read."""

    row: Exchange
    may_read: bool
    request_text: str = ""
    answer_text: str = ""


@transaction.atomic(durable=True)
def read(*, key: str, actor: Any, scope: Scope) -> Reading:
    """One exchange; with the right exchanges.read its bytes too, and the trail says who looked. Raises NotFound."""
    row = selectors.get_exchange(key, scope=scope)
    if not scope.has("exchanges.read", row.company_id):
        return Reading(row, may_read=False)
    audit.record("bankbridge.exchange.read", actor=actor, subject=row)
    ring = vault.ring()
    told = {
        part: b""
        if sealed is None
        else unpacked(ring.decrypt(bytes(sealed), aad=aad(row.key, part)))
        for part, sealed in (("request", row.request), ("answer", row.answer))
    }
    return Reading(row, True, as_text(told["request"]), as_text(told["answer"]))


def as_text(message: bytes) -> str:
    """The message as text for a person: decoded as it declares, secrets masked, a line an element, cut at a limit."""
    message = masked(message)
    found = _ENCODING.search(message[:200])
    codec = found.group(1).decode().replace(" ", "").lower() if found else "utf-8"
    if codec in ("gb2312", "gbk"):
        codec = "gb18030"
    try:
        text = message.decode(codec, "replace")
    except LookupError:
        text = message.decode("utf-8", "replace")
    return text.replace("><", ">\n<")[:SHOWN_MAX]
