"""The calls. A write carries its idempotency key through every retry; one without a key is tried once."""

from __future__ import annotations

import http.client
import json
import random
import ssl
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from yqlink_client.errors import ApiError, KeyReused, NoAnswer, Refused
from yqlink_client.signing import Signer

Items = Sequence[Mapping[str, Any]]
_AGAIN = frozenset({429, 502, 503, 504})
_ANSWER_MAX = 64 * 1024 * 1024


@dataclass(frozen=True)
class Reply:
    """An answer: its status and body, and whether it is the first answer given again."""

    status: int
    body: Mapping[str, Any]
    is_replay: bool = False

    @property
    def results(self) -> list[Mapping[str, Any]]:
        """One result an item, in the order of the items, where each was taken on its own."""
        return list(self.body.get("results", ()))


class Client:
    """One calling system at one platform. Not for use by several threads at once: make one client a thread."""

    def __init__(
        self,
        base_url: str,
        signer: Signer,
        *,
        timeout_s: float = 30.0,
        attempts: int = 5,
        pause_s: float = 0.5,
        context: ssl.SSLContext | None = None,
    ) -> None:
        """`base_url` is https://host[:port]; `attempts` tries of what may be repeated, with growing pauses between them."""
        parts = urlsplit(base_url)
        if parts.scheme not in ("https", "http") or not parts.hostname:
            raise ValueError("base_url is https://host[:port]")
        self._parts, self._signer, self._timeout_s = parts, signer, timeout_s
        self._attempts, self._pause_s, self._context = max(attempts, 1), pause_s, context

    # --- documents in -----------------------------------------------------------------------------------------------

    def request_payments(self, items: Items, *, key: str) -> Reply:
        """Ask for up to 100 payments, all or none. Raises Refused with every fault, KeyReused, NoAnswer, ApiError."""
        return self._post("/api/v1/payment-orders", {"items": list(items)}, key)

    def request_payments_each(self, items: Items, *, key: str) -> Reply:
        """Ask for up to 5,000 payments, each on its own: look at `results`."""
        return self._post("/api/v1/payment-orders", {"items": list(items), "mode": "each"}, key)

    def send_master_data(self, items: Items, *, key: str) -> Reply:
        """Tell suppliers and customers, each with one of its bank accounts: look at `results`."""
        return self._post("/api/v1/master-data", {"items": list(items)}, key)

    def acknowledge_vouchers(self, items: Items, *, key: str) -> Reply:
        """Tell which vouchers were booked, under which number, or refused, and why: look at `results`."""
        return self._post("/api/v1/voucher-acks", {"items": list(items)}, key)

    def send_holdings(self, items: Items, *, key: str) -> Reply:
        """Tell what you hold of the platform's, up to 5,000 rows of a list: look at `results`."""
        return self._post("/api/v1/holdings", {"items": list(items)}, key)

    # --- messages out -----------------------------------------------------------------------------------------------

    def messages(
        self, *, after: int = 0, kind: str = "", only_open: bool = False
    ) -> Iterator[Mapping[str, Any]]:
        """Messages after a cursor, oldest first, page by page to the end; keep the last `id` and go on from it next time."""
        while True:
            query = {"after": after, "limit": 500}
            more = {
                name: value
                for name, value in (("kind", kind), ("open", only_open and "1"))
                if value
            }
            page = self.get("/api/v1/messages", {**query, **more})
            yield from page["results"]
            if len(page["results"]) < 500:
                return
            after = page["next"]

    def acknowledge(self, message_ids: Sequence[str]) -> int:
        """Say which messages are stored; saying so twice changes nothing. How many were not acknowledged before."""
        told = self._call(
            "POST", "/api/v1/messages/ack", {"message_ids": list(message_ids)}, repeats=True
        )
        return int(told.body["acknowledged"])

    def payment(self, order_no: str) -> Mapping[str, Any]:
        """One payment order with its state."""
        return self.get(f"/api/v1/payment-orders/{order_no}")

    def get(self, path: str, query: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
        """Read any address of the API."""
        where = f"{path}?{urlencode(query)}" if query else path
        return self._call("GET", where, None, repeats=True).body

    def post(self, path: str, body: Mapping[str, Any], *, key: str = "") -> Reply:
        """Write to any address of the API; without a key it is tried once and never again."""
        return self._call("POST", path, body, key=key, repeats=bool(key))

    # --- the wire ---------------------------------------------------------------------------------------------------

    def _post(self, path: str, body: Mapping[str, Any], key: str) -> Reply:
        if not key:
            raise ValueError("an idempotency key is wanted: your own number of this delivery")
        return self._call("POST", path, body, key=key, repeats=True)

    def _call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None,
        *,
        key: str = "",
        repeats: bool,
    ) -> Reply:
        data = b"" if body is None else json.dumps(body, ensure_ascii=False).encode()
        tries, why = self._attempts if repeats else 1, "no attempt"
        for attempt in range(tries):
            if attempt:
                time.sleep(self._pause_s * 2 ** (attempt - 1) * (0.5 + random.random()))  # noqa: S311 - spread, not secrecy
            try:
                status, headers, answer = self._once(method, path, data, key)
            except (OSError, http.client.HTTPException) as error:
                why = f"{type(error).__name__}: {error}"
                continue
            if status in _AGAIN:
                why = f"HTTP {status}"
                continue
            return _read(status, headers, answer)
        raise NoAnswer(f"{method} {path}: {why} (after {tries} attempts)")

    def _once(
        self, method: str, path: str, data: bytes, key: str
    ) -> tuple[int, Mapping[str, str], bytes]:
        """One attempt, signed for itself; redirects are not followed."""
        headers = {
            "Authorization": self._signer.authorization(method, path, data, key),
            "Content-Type": "application/json",
            "Accept": "application/json",
        }
        if key:
            headers["Idempotency-Key"] = key
        connection = self._connection()
        try:
            connection.request(method, path, body=data or None, headers=headers)
            answer = connection.getresponse()
            body = answer.read(_ANSWER_MAX + 1)
            if len(body) > _ANSWER_MAX:
                raise http.client.HTTPException("the answer is too long")
            told = {name.lower(): value for name, value in answer.getheaders()}
            wanted = told.get("content-length", "")
            if wanted.isdigit() and len(body) < int(wanted):
                raise http.client.HTTPException("the answer was cut off")
            return answer.status, told, body
        finally:
            connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        host = str(self._parts.hostname)
        if self._parts.scheme == "http":
            return http.client.HTTPConnection(host, self._parts.port, timeout=self._timeout_s)
        return http.client.HTTPSConnection(
            host, self._parts.port, timeout=self._timeout_s, context=self._context
        )


def _read(status: int, headers: Mapping[str, str], answer: bytes) -> Reply:
    try:
        body = json.loads(answer or b"{}")
    except ValueError:
        body = None
    if not isinstance(body, dict):
        if status < 400:
            raise NoAnswer(f"HTTP {status} without JSON: it is not the platform that answered")
        body = {}
    if status < 300:
        return Reply(status, body, headers.get("idempotent-replay") == "true")
    errors = body.get("errors") or [body]
    if status == 422:
        raise Refused(status, errors)
    if status == 409 and any(one.get("code") == "key_reused" for one in errors):
        raise KeyReused(status, errors)
    raise ApiError(status, errors)
