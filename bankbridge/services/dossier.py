"""Wire evidence of one payment, for an evidence bundle: digests always, bytes as the examiner may have them."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from bankbridge.models import Exchange
from bankbridge.recorder import aad, unpacked
from bankbridge.services.evidence import as_text
from kernel import vault

# What could be somebody else's number, name or amount: figures, and words of Chinese characters.
_RUN = re.compile(r"\d+\.\d{2}(?!\d)|\d{5,}|[\u4e00-\u9fff（）()·]{2,}")


class Mode(StrEnum):
    """What of the bytes goes along."""

    DIGESTS = "digests"
    REDACTED = "redacted"  # as text, with everything starred out that is not of this payment
    ENCRYPTED = "encrypted"  # as they went over the wire, under a passphrase


@dataclass(frozen=True)
class Wire:
    """The exchanges of one payment: facts of each, and files by name."""

    facts: list[dict[str, Any]]
    files: dict[str, bytes]


def of_exchanges(
    keys: Iterable[str],
    *,
    mode: Mode,
    own: Collection[str],
    references: Collection[str],
    passphrase: str = "",
) -> Wire:
    """These exchanges. `own` are the values of the payment that may be read; in a bank's worker only.

    Of one that does not name the payment by any of its `references` (a sign-on) only the digests go along.
    """
    rows = Exchange.objects.filter(key__in=list(keys)).select_related("connection")
    wire = Wire([], {})
    for row in rows.order_by("began_at", "pk"):
        wire.facts.append(_facts(row))
        if not _names(row, references):
            continue
        for part in ("request", "answer"):
            if getattr(row, part) is None or mode == Mode.DIGESTS:
                continue
            name, data = _file(row, part, mode, own, passphrase)
            wire.files[name] = data
    return wire


def _names(row: Exchange, references: Collection[str]) -> bool:
    plain = unpacked(vault.ring().decrypt(bytes(row.request), aad=aad(row.key, "request")))
    return any(reference.encode() in plain for reference in references)


def _facts(row: Exchange) -> dict[str, Any]:
    return {
        "key": row.key,
        "connection": row.connection.name,
        "bank": row.connection.bank_slug,
        "operation": row.operation,
        "began_at": row.began_at.isoformat(),
        "ended_at": row.ended_at.isoformat() if row.ended_at else "",
        "result": row.result,
        "error": row.error,
        "request_sha256": row.request_sha256,
        "request_bytes": row.request_bytes,
        "answer_sha256": row.answer_sha256,
        "answer_bytes": row.answer_bytes,
    }


def _file(
    row: Exchange, part: str, mode: Mode, own: Collection[str], passphrase: str
) -> tuple[str, bytes]:
    if mode == Mode.REDACTED:
        plain = vault.ring().decrypt(bytes(getattr(row, part)), aad=aad(row.key, part))
        return f"wire/{row.key}-{part}.txt", redacted(as_text(unpacked(plain)), own).encode()
    return f"wire/{row.key}-{part}.enc", under_passphrase(as_it_was(row, part), passphrase)


def as_it_was(row: Exchange, part: str) -> bytes:
    """The bytes that went over the wire."""
    raw = getattr(row, f"{part}_raw")
    if raw is not None:
        return unpacked(vault.opener().open(bytes(raw), aad=aad(row.key, f"{part}:raw")))
    return unpacked(vault.ring().decrypt(bytes(getattr(row, part)), aad=aad(row.key, part)))


def redacted(text: str, own: Collection[str]) -> str:
    """The text with every figure and Chinese word starred out that is not part of one of the payment's own values."""
    mine = [value for value in own if value]

    def star(found: re.Match[str]) -> str:
        run = found.group()
        return run if any(run in value or value in run for value in mine) else "*" * len(run)

    return _RUN.sub(star, text)


def under_passphrase(data: bytes, passphrase: str) -> bytes:
    """salt ‖ nonce ‖ AES-256-GCM under a key of scrypt, as the stand-alone verifier opens it."""
    salt, nonce = os.urandom(16), os.urandom(12)
    key = Scrypt(salt=salt, length=32, n=2**15, r=8, p=1).derive(passphrase.encode())
    return salt + nonce + AESGCM(key).encrypt(nonce, data, None)
