"""Style 1 from the finance system's end: HTTP calls, each write under its idempotency key."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from erpbridge.simulator.sides.base import Item, Side

PATHS = {
    "payment_request": "/api/v1/payment-orders",
    "master_data": "/api/v1/master-data",
    "voucher_ack": "/api/v1/voucher-acks",
    "holding": "/api/v1/holdings",
}
# (method, path, body, headers) -> (status, body)
Call = Callable[[str, str, Mapping[str, Any] | None, Mapping[str, str]], tuple[int, dict[str, Any]]]


def signed(base_url: str, *, key_id: str, secret: str, timeout_s: float = 60) -> Call:
    """Calls over HTTP, each signed with HMAC-SHA-256 as docs/api.md says."""

    def call(
        method: str, path: str, body: Mapping[str, Any] | None, headers: Mapping[str, str]
    ) -> tuple[int, dict[str, Any]]:
        data = b"" if body is None else json.dumps(body, ensure_ascii=False).encode()
        stamp, nonce = str(int(time.time())), secrets.token_hex(16)
        lines = ["YQ-HMAC-SHA256", method, path, stamp, nonce]
        lines += [headers.get("Idempotency-Key", ""), hashlib.sha256(data).hexdigest()]
        sign = hmac.new(secret.encode(), "\n".join(lines).encode(), hashlib.sha256).hexdigest()
        told = f"YQ-HMAC-SHA256 key={key_id},ts={stamp},nonce={nonce},sig={sign}"
        request = urllib.request.Request(  # noqa: S310 - the address is the configuration's
            base_url + path,
            data=data if body is not None else None,
            method=method,
            headers={"Authorization": told, "Content-Type": "application/json", **headers},
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=timeout_s) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            if error.code >= 500:
                raise OSError(f"HTTP {error.code}") from None
            return error.code, json.loads(error.read())

    return call


class ApiSide(Side):
    """Calls the API through `call`, which signs and carries a request."""

    def __init__(self, call: Call) -> None:
        self.call = call
        self.answers: dict[str, dict[str, Any]] = {}

    def send(self, items: Sequence[Item], *, key: str, kind: str = "payment_request") -> None:
        """One POST; its answer is there at once."""
        body: dict[str, Any] = {"items": [dict(item) for item in items]}
        if kind == "payment_request":
            body["mode"] = "each"
        status, told = self.call("POST", PATHS[kind], body, {"Idempotency-Key": key})
        if status == 200:
            self.answers[key] = {"results": told["results"]}
        else:
            errors = told.get("errors") or [told]
            self.answers[key] = {"refused": errors[0].get("code", str(status))}

    def answer(self, key: str) -> dict[str, Any] | None:
        """What the POST was answered."""
        return self.answers.get(key)

    def fetch(self) -> list[dict[str, Any]]:
        """Results not acknowledged yet."""
        found: list[dict[str, Any]] = []
        after = 0
        while True:
            path = f"/api/v1/messages?open=1&after={after}"
            _, page = self.call("GET", path, None, {})
            for one in page["results"]:
                found += [{"message_id": one["message_id"], **item} for item in one["items"]]
            if not page["results"]:
                return found
            after = page["next"]

    def acknowledge(self, message_ids: Sequence[str]) -> None:
        """One POST for all."""
        self.call("POST", "/api/v1/messages/ack", {"message_ids": list(message_ids)}, {})
