"""What the owner of a security key grants by one touch: one act, on these contents, as this page showed them.

A token signs a challenge it cannot read, and the decisions' bytes are made only after the page was sent. So the page carries a
grant: canonical JSON that names the act, the digest of the page, the root of the tree over the digests of all contents, and a key
made for this act alone. The token signs the grant; the key of the act signs the decisions. What is kept holds both, and counts
only for decisions that are named in the grant. Values in, yes or no out.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from kernel import merkle, seal, security_keys, signatures
from kernel.security_keys import Touch

_GRANT = b"yqlink.grant.v1\x00"


@dataclass(frozen=True)
class Grant:
    """One act of one person: the canonical text the token signs, and each content's path to the root in it."""

    text: bytes
    paths: Mapping[str, str]

    @property
    def challenge(self) -> bytes:
        """What the token is asked to sign."""
        return challenge_of(self.text)


def challenge_of(text: bytes) -> bytes:
    """The challenge of a grant."""
    return hashlib.sha256(_GRANT + text).digest()


def grant(
    *, act: str, key: str, host: str, page: bytes, token: str, contents: Sequence[str], point: bytes
) -> Grant:
    """The grant of an act: `key` is the fingerprint of the person's key, `point` the key made for the act, `token` the page's."""
    leaves = sorted(set(contents))
    root, paths = merkle.tree([one.encode() for one in leaves])
    said = {
        "act": act,
        "key": key,
        "host": host,
        "page": seal.digest(page),
        "token": seal.digest(token.encode()),
        "contents": root.hex(),
        "hand": point.hex(),
    }
    return Grant(seal.canonical(said), dict(zip(leaves, paths, strict=True)))


def kept(given: Grant, touch: Touch, *, signature: bytes, contents: Sequence[str]) -> bytes:
    """What stands for a signature: the grant, the token's answer to it, the signature of the act's own key."""
    return seal.canonical(
        {
            "grant": given.text.decode(),
            "paths": {one: given.paths[one] for one in sorted(set(contents))},
            "client": base64.b64encode(touch.client).decode(),
            "authenticator": touch.authenticator.hex(),
            "touch": touch.signature.hex(),
            "signature": signature.hex(),
        }
    )


@lru_cache(maxsize=512)
def _read(envelope: bytes) -> dict[str, Any] | None:
    try:
        told = json.loads(envelope)
        return {
            "text": told["grant"].encode(),
            "said": json.loads(told["grant"]),
            "paths": dict(told["paths"]),
            "signature": bytes.fromhex(told["signature"]),
            "touch": Touch(
                base64.b64decode(told["client"]),
                bytes.fromhex(told["authenticator"]),
                bytes.fromhex(told["touch"]),
                0,
            ),
        }
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def holds(point: bytes, *, message: bytes, envelope: bytes) -> bool:
    """Whether the token with this key granted the act, and the key of the act signed the message."""
    told = _read(envelope)
    if told is None:
        return False
    try:
        host, hand = str(told["said"]["host"]), bytes.fromhex(told["said"]["hand"])
    except (KeyError, TypeError, ValueError):
        return False
    is_granted = security_keys.holds(
        point, challenge=challenge_of(told["text"]), host=host, touch=told["touch"]
    )
    return is_granted and signatures.verify(
        signatures.Algorithm.ECDSA, hand, message, told["signature"]
    )


def covers(envelope: bytes, statement: bytes) -> bool:
    """Whether the grant is about this statement: its act, its page, its content, its key."""
    told = _read(envelope)
    try:
        facts, said = json.loads(statement), {} if told is None else told["said"]
        path = "" if told is None else told["paths"][facts["content"]]
        root = merkle.root_of(facts["content"].encode(), path)
        wanted = (facts["act"], facts["shown"], facts["key"], root.hex())
        return wanted == (said["act"], said["page"], said["key"], said["contents"])
    except (KeyError, TypeError, ValueError, AttributeError):
        return False
