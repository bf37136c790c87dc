"""Receiving webhooks: believe an event only after `verify`; answer 2xx only once it is stored; tell repetitions by its id."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

SKEW_S = 300


class BadWebhook(ValueError):
    """The request is not what YQLink signed just now."""


@dataclass(frozen=True)
class Event:
    """One message. `id` is the same at each repetition; of two about one thing the higher `version` is the later."""

    id: str
    event: str
    version: int
    company_code: str
    items: Sequence[Mapping[str, Any]]


def verify(
    key: str, headers: Mapping[str, str], body: bytes, *, now_s: float | None = None
) -> Event:
    """The event of a request. Raises BadWebhook for a wrong signature, an old time stamp, or another id than was signed."""
    given = {name.lower(): value for name, value in headers.items()}
    moment, event_id = given.get("yq-timestamp", ""), given.get("yq-event-id", "")
    content = b".".join((moment.encode(), event_id.encode(), body))
    wanted = "v1=" + hmac.new(key.encode(), content, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(wanted.encode(), given.get("yq-signature", "").encode()):
        raise BadWebhook("wrong signature")
    now = time.time() if now_s is None else now_s
    if not moment.isdigit() or abs(now - int(moment)) > SKEW_S:
        raise BadWebhook("the time stamp is more than 5 minutes off")
    told = json.loads(body)
    if told.get("event") != "ping" and told.get("id") != event_id:
        raise BadWebhook("the body is of another event")
    return Event(
        id=event_id,
        event=str(told.get("event", "")),
        version=int(told.get("version", 0)),
        company_code=str(told.get("company_code", "")),
        items=told.get("items", []),
    )
