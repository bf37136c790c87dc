"""Requests calling systems signed: HMAC-SHA256 or SM2, within five minutes of their time stamp, each number once.

    Authorization: YQ-HMAC-SHA256 key=<key id>,ts=<seconds since 1970>,nonce=<16–64 characters>,sig=<hex>
    Authorization: YQ-SM2 key=…,ts=…,nonce=…,sig=<hex of r‖s>

The signature is made over the lines of `message`. Time stamps are compared with real time: a demo whose clock was moved
still hears finance systems whose clocks were not.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import time
from dataclasses import dataclass
from datetime import timedelta

from django.db import IntegrityError, transaction

from kernel import clock, signatures, vault
from kernel.errors import NotAllowed
from masterdata.models import ApiClient, ApiKey, ApiNonce

WINDOW_S = 300
SCHEMES = {"YQ-HMAC-SHA256": ApiKey.Scheme.HMAC, "YQ-SM2": ApiKey.Scheme.SM2}
_NAMES = {scheme: name for name, scheme in SCHEMES.items()}
_PARTS = re.compile(r"(\w+)=([A-Za-z0-9_.~-]+)")
_NONCE = re.compile(r"[A-Za-z0-9_.~-]{16,64}")
_HEX = re.compile(r"[0-9a-f]{64,128}")
_USED_GRAIN = timedelta(minutes=1)


class Unsigned(NotAllowed):
    """The request is not what a known key signed just now, or was heard before."""

    def __init__(self, message: str, message_en: str) -> None:
        super().__init__(message, message_en, code="bad_signature")


@dataclass(frozen=True)
class Call:
    """What is signed of a request: `path` with its query as sent."""

    method: str
    path: str
    body: bytes
    idempotency_key: str = ""


@dataclass(frozen=True)
class Proof:
    """What the Authorization header says."""

    scheme: str
    key_id: str
    at: int
    nonce: str
    signature: str

    @classmethod
    def read(cls, scheme: str, text: str) -> Proof:
        """The header's parts; raises Unsigned where one is missing or malformed."""
        parts = dict(_PARTS.findall(text))
        nonce, signature = parts.get("nonce", ""), parts.get("sig", "").lower()
        if not (_NONCE.fullmatch(nonce) and _HEX.fullmatch(signature)):
            raise Unsigned("签名头格式不正确", "the Authorization header is malformed")
        if not re.fullmatch(r"\d{1,12}", parts.get("ts", "")):
            raise Unsigned("时间戳格式不正确", "ts wants whole seconds since 1970")
        return cls(SCHEMES[scheme], parts.get("key", ""), int(parts["ts"]), nonce, signature)


def message(scheme: str, call: Call, *, at: int, nonce: str) -> bytes:
    """The bytes that are signed: scheme, method, path, time stamp, number, idempotency key, digest of the body; a line each."""
    digest = hashlib.sha256(call.body).hexdigest()
    lines = (_NAMES[ApiKey.Scheme(scheme)], call.method, call.path, str(at), nonce, call.idempotency_key, digest)  # fmt: skip
    return "\n".join(lines).encode()


def secret_aad(key_id: str) -> str:
    """What a stored secret is bound to."""
    return f"api_key:{key_id}:secret"


def heard(proof: Proof, call: Call) -> ApiClient:
    """The client whose key signed this request, which counts once; raises Unsigned.

    An unknown key and a wrong signature look the same. The number is kept only for requests that were signed, so that
    nobody fills the table without a key.
    """
    if abs(time.time() - proof.at) > WINDOW_S:
        raise Unsigned("时间戳超出允许的 5 分钟，请校准时钟", "ts is more than 5 minutes off")
    key = ApiKey.objects.filter(key_id=proof.key_id).select_related("client__acts_for").first()
    if not _holds(key, proof, call) or key is None:
        raise Unsigned("密钥或签名不正确", "unknown key or wrong signature")
    _use(key, proof)
    return key.client


def _holds(key: ApiKey | None, proof: Proof, call: Call) -> bool:
    signed = message(proof.scheme, call, at=proof.at, nonce=proof.nonce)
    is_live = (
        key is not None and key.is_usable and key.client.is_active and key.scheme == proof.scheme
    )
    if proof.scheme == ApiKey.Scheme.SM2:
        point = bytes(key.point) if key is not None and is_live else b""
        return signatures.verify(signatures.Algorithm.SM2, point, signed, bytes.fromhex(proof.signature))  # fmt: skip
    secret = b"-" * 32  # compared when the key is unknown, so that timing tells nothing
    if key is not None and is_live:
        secret = vault.ring().decrypt(bytes(key.secret), aad=secret_aad(key.key_id))
    wanted = hmac.new(secret, signed, hashlib.sha256).hexdigest()
    return hmac.compare_digest(wanted, proof.signature) and is_live


def _use(key: ApiKey, proof: Proof) -> None:
    """The number counts now, for the first time; raises Unsigned."""
    try:
        with transaction.atomic():
            ApiNonce.objects.create(key=key, nonce=proof.nonce, at=proof.at)
    except IntegrityError:
        raise Unsigned("此请求已处理过（nonce 重复）", "the nonce was used before") from None
    now = clock.now()
    if key.used_at is None or now - key.used_at > _USED_GRAIN:
        ApiKey.objects.filter(pk=key.pk).update(used_at=now)


@transaction.atomic(durable=True)
def forget_numbers() -> int:
    """Drop the numbers whose time stamps can no longer be taken; returns how many."""
    count, _ = ApiNonce.objects.filter(at__lt=int(time.time()) - 2 * WINDOW_S).delete()
    return count
