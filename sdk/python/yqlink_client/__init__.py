"""A thin client of the YQLink API: signed calls, retries that never duplicate, webhook verification. Standard library only."""

from __future__ import annotations

from yqlink_client.client import Client, Reply
from yqlink_client.errors import ApiError, KeyReused, NoAnswer, Refused, YqlinkError
from yqlink_client.signing import HmacSigner, Signer
from yqlink_client.webhooks import BadWebhook, Event, verify

__all__ = [
    "ApiError",
    "BadWebhook",
    "Client",
    "Event",
    "HmacSigner",
    "KeyReused",
    "NoAnswer",
    "Refused",
    "Reply",
    "Signer",
    "YqlinkError",
    "verify",
]
