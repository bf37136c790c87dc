"""The hand a change was made with: what the platform tells the database about itself with every statement that writes.

`SET LOCAL yqlink.hand` goes along in front of the statement, in the same round trip: who acts, from where, when, a number
used once, and a MAC over all of it. Triggers keep it with the change (`audit.rows`), the chain with the link. Whoever
writes to the database in another way has no key to make one, and one that was seen is good for its own transaction only.
"""

from __future__ import annotations

import base64
import hmac
import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.backends.utils import CursorWrapper

from audit import origin
from kernel import clock, seal, vault

_PURPOSE = "audit.hand"
_WRITES = re.compile(r"\s*(?:INSERT|UPDATE|DELETE|MERGE|WITH)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Hand:
    """Who acted, from where, when (ISO), and the number of the act."""

    user_id: int | None
    name: str
    origin: str
    at: str
    nonce: str


def _key() -> bytes | None:
    try:
        return vault.seal_key()
    except ValueError:
        return None


def show() -> str:
    """The statement that tells the database whose hand is at work; empty in a process that holds no key."""
    key = _key()
    if key is None:
        return ""
    user_id, name = origin.actor()
    said = {
        "u": user_id,
        "w": name,
        "o": origin.current(),
        "t": clock.now().astimezone(clock.SHANGHAI).isoformat(),
        "n": os.urandom(12).hex(),
    }
    body = base64.urlsafe_b64encode(seal.canonical(said))
    return f"SET LOCAL yqlink.hand = '{body.decode()}.{seal.mac(key, _PURPOSE, body)}'; "


def _is_ours(body: str, mac: str) -> bool:
    key, data = vault.seal_key(), body.encode()
    usual = hmac.digest(key, _PURPOSE.encode() + b"\x00" + data, "sha256").hex()
    if hmac.compare_digest(usual, mac):
        return True
    try:  # the other suite's MAC
        seal.verify_mac(key, _PURPOSE, data, mac)
    except seal.SealBroken:
        return False
    return True


def read(told: str) -> Hand | None:
    """The hand, if it is one of ours. Raises ValueError where this process holds no key to tell."""
    body, _, mac = told.partition(".")
    if not _is_ours(body, mac):
        return None
    said = json.loads(base64.urlsafe_b64decode(body))
    return Hand(said["u"], said["w"], said["o"], said["t"], said["n"])


def number(told: str) -> int | None:
    """A short form of its number, to find one that was used twice; None where it is not ours."""
    body, _, mac = told.partition(".")
    return int(mac[:16], 16) if _is_ours(body, mac) else None


def show_in(cursor: CursorWrapper) -> None:
    """Tell it on its own, before what is no plain statement: a COPY, a function that writes. Inside a transaction."""
    if told := show():
        cursor.execute(told)


def accompany(
    execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]
) -> Any:
    """Django's wrapper of every statement: those that may write show the hand."""
    is_named = getattr(context["cursor"].cursor, "name", None)  # DECLARE … FOR takes one statement
    if isinstance(sql, str) and _WRITES.match(sql) and not is_named:
        sql = show() + sql
    return execute(sql, params, many, context)
