"""Signers: who puts a signature on a message before it leaves.

Most banks sign in their front-end; some have a signature server beside it, some want a signature or a MAC of ours. A
signer that cannot sign raises NotSent: nothing has left yet.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from typing import Protocol

import gmssl_pyx
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.modes import CBC

from bankadapters.errors import BankError, NotSent, Unreadable
from kernel.secrets import Secret

_RESULT = re.compile(rb"<result>\s*([^<]*?)\s*</result>", re.IGNORECASE)
_SIGN = re.compile(rb"<sign>\s*([A-Za-z0-9+/=\s]+?)\s*</sign>", re.IGNORECASE)
_PLAIN = re.compile(rb"<sic>(.*)</sic>", re.IGNORECASE | re.DOTALL)
SM2_ID = b"1234567812345678"


class Signer(Protocol):
    """Makes the signature of a message. Raises NotSent when it cannot sign: nothing has left yet."""

    def sign(self, message: bytes) -> bytes: ...


class FrontEndSigner:
    """The bank's own front-end signs what passes through it: no signature of ours."""

    def sign(self, message: bytes) -> bytes:
        """No bytes."""
        return b""


class SignServer:
    """The bank's local signature server (INFOSEC pages): signs a text before it is sent, opens a signed answer.

    `post_sign` and `post_verify` carry one request each and bring the server's page.
    """

    def __init__(
        self,
        post_sign: Callable[[bytes], bytes],
        post_verify: Callable[[bytes], bytes] | None = None,
    ) -> None:
        self.post_sign, self.post_verify = post_sign, post_verify

    def sign(self, message: bytes) -> bytes:
        """The signature as base64 text, as the server gives it."""
        try:
            page = self.post_sign(message)
        except BankError as error:
            raise NotSent(f"signature server: {error}") from error
        result, signature = _RESULT.search(page), _SIGN.search(page)
        if result is None or result[1] != b"0" or signature is None:
            told = "no result" if result is None else result[1].decode("ascii", "replace")
            raise NotSent(f"the signature server did not sign: {told}")
        return signature[1]

    def open(self, signature: bytes) -> bytes:
        """The text inside a signed answer, once the server vouches for it. Raises Unreadable."""
        if self.post_verify is None:
            raise Unreadable("no signature server verifies answers")
        try:
            page = self.post_verify(signature)
        except BankError as error:
            raise Unreadable(f"signature server: {error}") from error
        result, plain = _RESULT.search(page), _PLAIN.search(page)
        if result is None or result[1] != b"0" or plain is None:
            raise Unreadable("the signature server does not vouch for the answer")
        return plain[1]


class RsaSigner:
    """RSA with PKCS #1 v1.5 padding over SHA-1 (as older banks want it) or SHA-256. `key` is a PEM private key."""

    def __init__(self, key: Secret, *, sha1: bool = False, password: Secret | None = None) -> None:
        try:
            loaded = serialization.load_pem_private_key(
                key.reveal().encode(), password.reveal().encode() if password else None
            )
        except (ValueError, TypeError) as error:
            raise NotSent(f"the RSA key cannot be read: {type(error).__name__}") from error
        if not isinstance(loaded, rsa.RSAPrivateKey):
            raise NotSent("the key is not an RSA key")
        self._key = loaded
        self._hash = hashes.SHA1() if sha1 else hashes.SHA256()  # noqa: S303 - the bank's own choice

    def sign(self, message: bytes) -> bytes:
        """The signature's bytes."""
        return self._key.sign(message, padding.PKCS1v15(), self._hash)


def rsa_vouches(public_pem: bytes, message: bytes, signature: bytes, *, sha1: bool = False) -> bool:
    """Whether the signature of `RsaSigner`'s kind is the message's."""
    key = serialization.load_pem_public_key(public_pem)
    if not isinstance(key, rsa.RSAPublicKey):
        return False
    try:
        key.verify(
            signature,
            message,
            padding.PKCS1v15(),
            hashes.SHA1() if sha1 else hashes.SHA256(),  # noqa: S303
        )
    except InvalidSignature:
        return False
    return True


class Sm2Signer:
    """SM2 over SM3 with the usual id. Keys are hex: 32 bytes private, 64 public; banks mostly want raw r||s."""

    def __init__(
        self, key: Secret, public_key: str, *, raw: bool = True, signer_id: bytes = SM2_ID
    ) -> None:
        try:
            self._key, self.public_key = bytes.fromhex(key.reveal()), bytes.fromhex(public_key)
        except ValueError as error:
            raise NotSent("an SM2 key is not hexadecimal") from error
        if len(self._key) != 32 or len(self.public_key) != 64:
            raise NotSent("an SM2 key pair has 32 and 64 bytes")
        self.raw, self.signer_id = raw, signer_id

    def sign(self, message: bytes) -> bytes:
        """The signature: 64 bytes raw, or DER."""
        try:
            der = gmssl_pyx.sm2_sign(self._key, self.public_key, message, self.signer_id)
        except gmssl_pyx.GmsslInnerError as error:
            raise NotSent("the SM2 key cannot sign") from error
        return raw_of(der) if self.raw else der


def sm2_vouches(
    public_key: bytes, message: bytes, signature: bytes, *, signer_id: bytes = SM2_ID
) -> bool:
    """Whether an SM2 signature, raw or DER, is the message's. `public_key` is 64 bytes."""
    try:
        der = der_of(signature) if len(signature) == 64 else signature
        return bool(gmssl_pyx.sm2_verify(public_key, message, der, signer_id))
    except (gmssl_pyx.GmsslInnerError, ValueError):
        return False


def raw_of(der: bytes) -> bytes:
    """A DER signature as r||s, 32 bytes each. Raises ValueError."""
    r, s = decode_dss_signature(der)
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def der_of(raw: bytes) -> bytes:
    """r||s as DER. Raises ValueError."""
    if len(raw) != 64:
        raise ValueError("a raw signature has 64 bytes")
    return encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))


class MacSigner:
    """A MAC by DES in CBC with a zero start (ANSI X9.9): the last block over the message padded with zeros.

    `key` is the working key of 8 bytes in hex, which such banks change every day.
    """

    def __init__(self, key: Secret) -> None:
        try:
            self._key = bytes.fromhex(key.reveal())
        except ValueError as error:
            raise NotSent("the MAC key is not hexadecimal") from error
        if len(self._key) != 8:
            raise NotSent("the MAC key has not 8 bytes")

    def sign(self, message: bytes) -> bytes:
        """Eight bytes."""
        padded = message + b"\0" * (-len(message) % 8)
        cipher = Cipher(TripleDES(self._key * 3), CBC(b"\0" * 8)).encryptor()
        return (cipher.update(padded or b"\0" * 8) + cipher.finalize())[-8:]


def base64_lines(data: bytes, *, width: int = 76) -> bytes:
    """Base64 in lines, as some banks send it."""
    text = base64.b64encode(data)
    return b"\r\n".join(text[at : at + width] for at in range(0, len(text), width))


def unwrapped_base64(text: bytes) -> bytes:
    """The bytes of base64 that forms and line breaks have been at: blanks are plus signs, line ends nothing.

    Raises Unreadable.
    """
    joined = re.sub(rb"[\r\n\t]", b"", text)
    if len(joined) % 4:
        joined = joined.strip()
    try:
        return base64.b64decode(joined.replace(b" ", b"+"), validate=True)
    except ValueError as error:
        raise Unreadable(f"not base64: {error}") from error
