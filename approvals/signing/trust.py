"""Whose word makes a key a person's key: registrars, pinned by fingerprint in a file outside the database.

One line each: `<fingerprint> <name>`; `#` begins a remark. Whoever can write the database but not this file cannot make a
signature count.
"""

from __future__ import annotations

import json
import os
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

from approvals.signing import statements
from approvals.signing.providers import holds
from kernel import signatures
from kernel.errors import InvariantBroken

if TYPE_CHECKING:
    from approvals.signing.models import SigningKey


class TrustAbsent(InvariantBroken):
    """No registrar is pinned: this process can believe no signature, and must not judge any."""


@lru_cache(maxsize=4)
def _read(path: str, mtime_ns: int, size: int) -> frozenset[str]:
    lines = Path(path).read_text("utf-8").splitlines()
    words = [line.partition("#")[0].split() for line in lines]
    return frozenset(one[0].lower() for one in words if one)


def registrars() -> frozenset[str]:
    """Fingerprints of the pinned registrars. Raises TrustAbsent when there is none."""
    path = settings.REGISTRARS_FILE
    try:
        stat = os.stat(path)
    except FileNotFoundError:
        raise TrustAbsent(f"no registrars are pinned: {path} does not exist") from None
    pinned = _read(str(path), stat.st_mtime_ns, stat.st_size)
    if not pinned:
        raise TrustAbsent(f"no registrars are pinned in {path}")
    return pinned


def pin(fingerprint: str, name: str) -> None:
    """Add a registrar to the file, if it is not there."""
    path = Path(settings.REGISTRARS_FILE)
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and fingerprint in path.read_text("utf-8"):
        return
    with path.open("a", encoding="utf-8") as stream:
        stream.write(f"{fingerprint} {name}\n")


def is_pinned(key: SigningKey) -> bool:
    """Whether this very key is a pinned registrar's."""
    try:
        pinned = registrars()
    except TrustAbsent:
        return False
    return signatures.fingerprint(key.algorithm, bytes(key.point)) in pinned


def facts_of(key: SigningKey) -> dict[str, object]:
    """What a certificate says of a key."""
    return {
        "person": key.person_key,
        "user": key.user_id,
        "provider": key.provider,
        "algorithm": key.algorithm,
        "point": bytes(key.point).hex(),
        "fingerprint": key.fingerprint,
        "valid_from": statements.when(key.valid_from),
        "valid_to": statements.when(key.valid_to),
    }


def fault(key: SigningKey, registrar: SigningKey | None) -> str:
    """Why this key is nobody's key; empty when a pinned registrar, or its being one, stands for it. Raises TrustAbsent."""
    pinned = registrars()
    own = signatures.fingerprint(key.algorithm, bytes(key.point))
    if own != key.fingerprint:
        return "the public key was altered"
    if own in pinned:
        return ""
    if registrar is None or not key.certificate:
        return "nobody vouches for the key"
    theirs = signatures.fingerprint(registrar.algorithm, bytes(registrar.point))
    if theirs not in pinned:
        return "its registrar is not pinned"
    if registrar.provider != "software":
        return "its registrar's key is in a token"  # which grants acts, and no certificates
    said = json.loads(key.certificate)
    if said.pop("registrar", "") != theirs or said.pop("at", None) is None or said != facts_of(key):
        return "the key differs from its certificate"
    if registrar.person_key == key.person_key:
        return "its owner vouches for himself"
    message = statements.certificate_message(key.certificate.encode())
    is_signed = holds(
        registrar.provider,
        registrar.algorithm,
        bytes(registrar.point),
        message=message,
        signature=bytes(key.certificate_signature),
    )
    return "" if is_signed else "the registrar did not sign its certificate"
