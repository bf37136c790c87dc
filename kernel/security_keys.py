"""Security keys (WebAuthn level 2): a private key that never leaves its token, asked through the browser of its owner.

A challenge is signed only by a token whose owner proved himself to it (PIN or finger), for one site. Only ES256 keys that cannot
be copied to another device are taken: their public half is the 64 bytes x‖y and their signatures become r‖s as everybody's
(`kernel.signatures`).
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from kernel import signatures

ANSWER_MAX = 20_000  # characters of an answer; real ones have about 1,500
_TIMEOUT_MS = 120_000
_PRESENT, _VERIFIED = 0x01, 0x04  # flags of the authenticator's data


class NotTheKey(Exception):
    """What the browser sent is not the answer of the wanted token to this challenge."""


@dataclass(frozen=True)
class Site:
    """The address people open, by which tokens know the platform: "https://pay.example.cn"."""

    address: str

    @property
    def host(self) -> str:
        """The host a token binds its keys to (the relying party's id)."""
        return urlsplit(self.address).hostname or ""


@dataclass(frozen=True)
class Token:
    """The public side of a key in a token: its name there, its point, the count of its last use, the model of the device."""

    credential: bytes
    point: bytes
    count: int = 0
    model: str = ""


@dataclass(frozen=True)
class Touch:
    """One answer of a token: what the browser and the token said, and the signature over both."""

    client: bytes
    authenticator: bytes
    signature: bytes  # r‖s
    count: int


def text_of(data: bytes) -> str:
    """base64url without padding, as browsers write bytes."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def creation(
    site: Site, *, challenge: bytes, person: str, name: str, known: Iterable[bytes]
) -> dict[str, Any]:
    """What the browser asks a token to make a key by; tokens that hold one of `known` refuse."""
    return {
        "challenge": text_of(challenge),
        "rp": {"id": site.host, "name": "YQLink"},
        "user": {"id": text_of(person.encode()), "name": name, "displayName": name},
        "pubKeyCredParams": [{"type": "public-key", "alg": -7}],
        "excludeCredentials": [{"type": "public-key", "id": text_of(one)} for one in known],
        "authenticatorSelection": {"userVerification": "required", "residentKey": "discouraged"},
        "attestation": "none",
        "timeout": _TIMEOUT_MS,
    }


def asking(site: Site, *, challenge: bytes, known: Iterable[bytes]) -> dict[str, Any]:
    """What the browser asks one of the tokens that hold `known` to sign."""
    return {
        "challenge": text_of(challenge),
        "rpId": site.host,
        "allowCredentials": [{"type": "public-key", "id": text_of(one)} for one in known],
        "userVerification": "required",
        "timeout": _TIMEOUT_MS,
    }


def challenge_in(answer: str) -> bytes:
    """The challenge an answer is about. Raises NotTheKey for what is no answer."""
    try:
        client = _bytes(_read(answer)["response"]["clientDataJSON"])
        return _bytes(json.loads(client)["challenge"])
    except (KeyError, TypeError, ValueError) as error:
        raise NotTheKey("no answer of a token") from error


def credential_in(answer: str) -> bytes:
    """Which key an answer says it is from. Raises NotTheKey."""
    try:
        return _bytes(_read(answer)["id"])
    except (KeyError, TypeError, ValueError) as error:
        raise NotTheKey("no answer of a token") from error


def _read(answer: str) -> Any:
    if len(answer) > ANSWER_MAX:
        raise ValueError("too long")
    return json.loads(answer)


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def created(site: Site, *, challenge: bytes, answer: str) -> Token:
    """The key a token made. Raises NotTheKey: another challenge or site, no PIN or finger, not ES256, a key that can be copied."""
    from webauthn import verify_registration_response
    from webauthn.helpers import decode_credential_public_key
    from webauthn.helpers.cose import COSEAlgorithmIdentifier
    from webauthn.helpers.exceptions import WebAuthnException
    from webauthn.helpers.structs import CredentialDeviceType

    try:
        made = verify_registration_response(
            credential=_read(answer),
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.address,
            require_user_verification=True,
            supported_pub_key_algs=[COSEAlgorithmIdentifier.ECDSA_SHA_256],
        )
        key: Any = decode_credential_public_key(made.credential_public_key)
        point = key.x + key.y
    except (WebAuthnException, KeyError, TypeError, ValueError, AttributeError) as error:
        raise NotTheKey(str(error)) from error
    if made.credential_device_type != CredentialDeviceType.SINGLE_DEVICE:
        raise NotTheKey("the key can be copied to other devices")
    if not signatures.is_point(signatures.Algorithm.ECDSA, point.hex()):
        raise NotTheKey("no point of P-256")
    return Token(made.credential_id, point, made.sign_count, str(made.aaguid))


def touched(site: Site, *, challenge: bytes, answer: str, token: Token) -> Touch:
    """The token's answer to the challenge. Raises NotTheKey: another key, challenge or site, no PIN or finger, an old count."""
    from webauthn import verify_authentication_response
    from webauthn.helpers import encode_cbor
    from webauthn.helpers.exceptions import WebAuthnException

    x, y = token.point[:32], token.point[32:]
    try:
        if credential_in(answer) != token.credential:
            raise NotTheKey("another key")
        done = verify_authentication_response(
            credential=_read(answer),
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.address,
            credential_public_key=encode_cbor({1: 2, 3: -7, -1: 1, -2: x, -3: y}),
            credential_current_sign_count=token.count,
            require_user_verification=True,
        )
        said = _read(answer)["response"]
        parts = [
            _bytes(said[name]) for name in ("clientDataJSON", "authenticatorData", "signature")
        ]
        signature = signatures.plain(parts[2])
    except (WebAuthnException, KeyError, TypeError, ValueError, AttributeError) as error:
        raise NotTheKey(str(error)) from error
    return Touch(parts[0], parts[1], signature, done.new_sign_count)


def holds(point: bytes, *, challenge: bytes, host: str, touch: Touch) -> bool:
    """Whether the key answered this challenge for this host, its owner proven. Never raises for what was stored or sent."""
    try:
        client = json.loads(touch.client)
        about = _bytes(client["challenge"])
        kind, origin = client["type"], urlsplit(client["origin"]).hostname or ""
    except (KeyError, TypeError, ValueError, AttributeError):
        return False
    said = touch.authenticator
    is_about = kind == "webauthn.get" and about == challenge
    is_here = origin == host and said[:32] == hashlib.sha256(host.encode()).digest()
    wanted = _PRESENT | _VERIFIED
    if not (is_about and is_here and len(said) >= 37 and said[32] & wanted == wanted):
        return False
    signed = said + hashlib.sha256(touch.client).digest()
    return signatures.verify(signatures.Algorithm.ECDSA, point, signed, touch.signature)
