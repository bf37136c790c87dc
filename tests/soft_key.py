"""A security key in software, for tests: an authenticator and its browser in one, written from the WebAuthn standard alone.

It answers as a token with a PIN answers through a browser that stands at `origin`.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

PRESENT, VERIFIED, COPIED, ATTESTED = 0x01, 0x04, 0x08, 0x40


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class SoftKey:
    """One token: a key of its own for each site it is bound to."""

    def __init__(self, origin: str, *, flags: int = PRESENT | VERIFIED) -> None:
        self.origin, self.flags, self.uses = origin, flags, 0
        self.credential = os.urandom(32)
        self._private = ec.generate_private_key(ec.SECP256R1())

    def make(self, asked: dict[str, Any]) -> str:
        """The answer of `navigator.credentials.create`."""
        numbers = self._private.public_key().public_numbers()
        x, y = numbers.x.to_bytes(32, "big"), numbers.y.to_bytes(32, "big")
        point = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: x, -3: y})
        told = b"\0" * 16 + len(self.credential).to_bytes(2, "big") + self.credential + point
        data = self._data(asked["rp"]["id"], self.flags | ATTESTED) + told
        made = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        client = self._client("webauthn.create", asked["challenge"])
        return self._answer({"clientDataJSON": client, "attestationObject": made})

    def touch(self, asked: dict[str, Any]) -> str:
        """The answer of `navigator.credentials.get`."""
        self.uses += 1
        data = self._data(asked["rpId"], self.flags)
        client = self._client("webauthn.get", asked["challenge"])
        signed = data + hashlib.sha256(client).digest()
        mark = self._private.sign(signed, ec.ECDSA(hashes.SHA256()))
        return self._answer(
            {"clientDataJSON": client, "authenticatorData": data, "signature": mark}
        )

    def _data(self, host: str, flags: int) -> bytes:
        return (
            hashlib.sha256(host.encode()).digest() + bytes([flags]) + self.uses.to_bytes(4, "big")
        )

    def _client(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin}).encode()

    def _answer(self, response: dict[str, bytes]) -> str:
        said = {name: _text(data) for name, data in response.items()}
        name = _text(self.credential)
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": said})
