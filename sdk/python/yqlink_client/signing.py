"""Signing of requests. HMAC-SHA-256 stands here; for SM2 give the client a Signer of your own crypto library."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from dataclasses import dataclass, field
from typing import Protocol


class Signer(Protocol):
    """Makes the Authorization header of one request; called anew for each attempt, because a nonce counts once."""

    def authorization(self, method: str, path: str, body: bytes, idempotency_key: str) -> str:
        """The header's value; `path` with its query as sent."""


def signed_lines(
    scheme: str, method: str, path: str, body: bytes, idempotency_key: str, *, at: str, nonce: str
) -> bytes:
    """The bytes that are signed: seven lines joined by line feeds."""
    digest = hashlib.sha256(body).hexdigest()
    return "\n".join((scheme, method, path, at, nonce, idempotency_key, digest)).encode()


@dataclass(frozen=True)
class HmacSigner:
    """The shared secret of a key, as put together from its two halves."""

    key_id: str
    secret: str = field(repr=False)

    def authorization(self, method: str, path: str, body: bytes, idempotency_key: str) -> str:
        """The header's value, with the time of now and a nonce never used before."""
        scheme, at, nonce = "YQ-HMAC-SHA256", str(int(time.time())), secrets.token_hex(16)
        lines = signed_lines(scheme, method, path, body, idempotency_key, at=at, nonce=nonce)
        signature = hmac.new(self.secret.encode(), lines, hashlib.sha256).hexdigest()
        return f"{scheme} key={self.key_id},ts={at},nonce={nonce},sig={signature}"
