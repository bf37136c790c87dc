"""Files of receipts on disk: closed under a key of their own, put in place whole, read back only as they were stored."""

from __future__ import annotations

import hashlib
import secrets
from pathlib import Path

from django.conf import settings

from kernel import ciphers
from kernel.durable import write_whole
from kernel.errors import InvariantBroken
from kernel.vault import ring
from statements.models import ReceiptFile

FILE_BYTES_MAX = 20 * 1024 * 1024
_HEADS = (
    (b"%PDF", "pdf"),
    (b"\x89PNG", "png"),
    (b"<?xml", "xml"),
)
CONTENT_TYPES = {"pdf": "application/pdf", "png": "image/png"}


class FileLost(InvariantBroken):
    """The file of a receipt is gone from the disk, or is not the one that was stored."""


def media_of(data: bytes) -> str:
    """What the bytes are, by how they begin: pdf, ofd, zip, png, xml or other."""
    if data.startswith(b"PK\x03\x04"):
        return "ofd" if b"OFD.xml" in data[:4096] else "zip"
    return next((word for head, word in _HEADS if data.lstrip()[:8].startswith(head)), "other")


def store(data: bytes) -> ReceiptFile:
    """Step: the row of these bytes, kept once; written to disk before the row is, so that no row stands without its file."""
    sha256 = hashlib.sha256(data).hexdigest()
    found = ReceiptFile.objects.filter(sha256=sha256).first()
    if found is not None:
        return found
    suite, key = ciphers.suite_in_use(), secrets.token_bytes(ciphers.KEY_BYTES)
    place = f"receipts/{sha256[:2]}/{sha256}-{secrets.token_hex(4)}"
    _write(place, ciphers.close(suite, key, data, _aad(sha256)))
    row, is_new = ReceiptFile.objects.get_or_create(
        sha256=sha256,
        defaults={
            "size": len(data),
            "media": media_of(data),
            "suite": suite,
            "key": ring().encrypt(key, aad=f"statements.receiptfile:{sha256}"),
            "place": place,
        },
    )
    if not is_new:  # somebody stored the same bytes meanwhile: theirs is the row
        _path(place).unlink(missing_ok=True)
    return row


def read(row: ReceiptFile) -> bytes:
    """The bytes as they were stored. Raises FileLost."""
    key = ring().decrypt(bytes(row.key), aad=f"statements.receiptfile:{row.sha256}")
    try:
        closed = _path(row.place).read_bytes()
    except OSError as error:
        raise FileLost(f"the file of receipt {row.sha256[:12]} cannot be read: {error}") from error
    data = ciphers.opened(row.suite, key, closed, _aad(row.sha256))
    if hashlib.sha256(data).hexdigest() != row.sha256:
        raise FileLost(f"the file of receipt {row.sha256[:12]} is not the one that was stored")
    return data


def _aad(sha256: str) -> str:
    return f"receipt:{sha256}"


def _path(place: str) -> Path:
    return Path(settings.MEDIA_ROOT) / place


def _write(place: str, closed: bytes) -> None:
    path = _path(place)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, closed)
