"""Columns of closed texts, for the rotation of keys."""

from __future__ import annotations

from kernel.vault import Closed

COLUMNS = (
    Closed("bankbridge.Exchange", "request", "exchange:{key}:request", guards=("completed_once",)),
    Closed("bankbridge.Exchange", "answer", "exchange:{key}:answer", guards=("completed_once",)),
    Closed(
        "bankbridge.Exchange",
        "request_raw",
        "exchange:{key}:request:raw",
        is_envelope=True,
        guards=("completed_once",),
    ),
    Closed(
        "bankbridge.Exchange",
        "answer_raw",
        "exchange:{key}:answer:raw",
        is_envelope=True,
        guards=("completed_once",),
    ),
    Closed("bankbridge.ExchangeReading", "asked", "reading:{key}:asked", guards=("as_read",)),
    Closed(
        "bankbridge.ExchangeReading",
        "answer_raw",
        "reading:{key}:answer",
        is_envelope=True,
        guards=("as_read",),
    ),
)
