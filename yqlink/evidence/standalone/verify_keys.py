"""Signatures, digests, the form of a row and the one of the zip, for verify.py beside it: Python and `cryptography` only."""

from __future__ import annotations

import base64
import hashlib
import json
import struct
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
# SM2, GB/T 32918.5
SP = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
SA = SP - 3
SB = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
SN = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
SG = (
    0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
    0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0,
)


class Wrong(Exception):
    """Something does not hold: which file, and what."""

    def __init__(self, name: str, what: str) -> None:
        super().__init__(f"{name}: {what}")


def need(claim: object, name: str, what: str) -> None:
    """Raise Wrong unless the claim holds."""
    if not claim:
        raise Wrong(name, what)


def sha256(data: bytes) -> str:
    """64 hex digits."""
    return hashlib.sha256(data).hexdigest()


def canonical(content: object) -> bytes:
    """The one byte form of plain values: sorted keys, no blanks, UTF-8."""
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def fields(text: str) -> list[str | None]:
    """The values of a row as PostgreSQL prints it: in brackets, parted by commas, quoted where need be, null as nothing."""
    found: list[str | None] = []
    at, end = 1, len(text) - 1
    while at <= end:
        value, is_null = "", True
        while at < end and text[at] != ",":
            is_null = False
            if text[at] != '"':
                value, at = value + text[at], at + 1
                continue
            at += 1
            while text[at] != '"' or text[at + 1 : at + 2] == '"':
                at += 1 if text[at] in '"\\' else 0
                value, at = value + text[at], at + 1
            at += 1
        found.append(None if is_null else value)
        at += 1
    return found


# --- signatures -------------------------------------------------------------------------------------------------------


def fingerprint(algorithm: str, point: bytes) -> str:
    """The name of a public key."""
    return sha256(algorithm.encode() + b":" + point)


def signed(algorithm: str, point: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the key (x‖y) made the signature (r‖s)."""
    if len(point) != 64 or len(signature) != 64:
        return False
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    x, y = int.from_bytes(point[:32], "big"), int.from_bytes(point[32:], "big")
    if algorithm == "sm2":
        return sm2_signed((x, y), message, r, s)
    if algorithm != "ecdsa-p256" or not 0 < s <= P256_ORDER // 2:
        return False
    try:
        key = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
        key.verify(utils.encode_dss_signature(r, s), message, ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, ValueError):
        return False
    return True


def _add(p: Any, q: Any) -> Any:
    if p is None or q is None:
        return q if p is None else p
    if p[0] == q[0]:
        if (p[1] + q[1]) % SP == 0:
            return None
        slope = (3 * p[0] * p[0] + SA) * pow(2 * p[1], -1, SP) % SP
    else:
        slope = (q[1] - p[1]) * pow(q[0] - p[0], -1, SP) % SP
    x = (slope * slope - p[0] - q[0]) % SP
    return x, (slope * (p[0] - x) - p[1]) % SP


def _times(k: int, p: Any) -> Any:
    total = None
    while k:
        if k & 1:
            total = _add(total, p)
        p, k = _add(p, p), k >> 1
    return total


def _sm3(data: bytes) -> bytes:
    machine = hashes.Hash(hashes.SM3())
    machine.update(data)
    return machine.finalize()


def sm2_signed(key: tuple[int, int], message: bytes, r: int, s: int) -> bool:
    """GB/T 32918.2, with the signer id 1234567812345678."""
    x, y = key
    if (y * y - (x * x * x + SA * x + SB)) % SP or not (0 < r < SN and 0 < s < SN):
        return False
    who = b"1234567812345678"
    z = _sm3(
        (len(who) * 8).to_bytes(2, "big")
        + who
        + b"".join(n.to_bytes(32, "big") for n in (SA, SB, *SG, x, y))
    )
    e, t = int.from_bytes(_sm3(z + message), "big"), (r + s) % SN
    found = _add(_times(s, SG), _times(t, key)) if t else None
    return found is not None and (e + found[0]) % SN == r


def root_of(statement: bytes, path: str, name: str) -> bytes:
    """The root of the tree a statement and its path lead to (hashes of RFC 6962)."""
    value = hashlib.sha256(b"\x00" + statement).digest()
    for at in range(0, len(path), 65):
        need(path[at] in "LR", name, "路径无法识别 / not a path")
        other = bytes.fromhex(path[at + 1 : at + 65])
        pair = other + value if path[at] == "L" else value + other
        value = hashlib.sha256(b"\x01" + pair).digest()
    return value


# --- keys in tokens (WebAuthn): the token grants one act, the act's own key signs its decisions --------------------------


def _plain(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def granted(point: bytes, message: bytes, envelope: bytes, statement: bytes, name: str) -> bool:
    """Whether the token with this key, its owner proven to it, granted the act this statement is of, and the act's key signed."""
    told = json.loads(envelope)
    grant, client = told["grant"].encode(), base64.b64decode(told["client"])
    said, browser, device = (
        json.loads(grant),
        json.loads(client),
        bytes.fromhex(told["authenticator"]),
    )
    facts = json.loads(statement)
    challenge = hashlib.sha256(b"yqlink.grant.v1\x00" + grant).digest()
    contents = root_of(facts["content"].encode(), told["paths"][facts["content"]], name).hex()
    is_touched = (
        browser["type"] == "webauthn.get"
        and _plain(browser["challenge"]) == challenge
        and urlsplit(browser["origin"]).hostname == said["host"]
        and device[:32] == hashlib.sha256(said["host"].encode()).digest()
        and len(device) >= 37
        and device[32] & 0x05 == 0x05  # somebody was there, and proved who he is
    )
    named = (facts["act"], facts["shown"], facts["key"], contents)
    return (
        is_touched
        and named == (said["act"], said["page"], said["key"], said["contents"])
        and signed(
            "ecdsa-p256",
            point,
            device + hashlib.sha256(client).digest(),
            bytes.fromhex(told["touch"]),
        )
        and signed(
            "ecdsa-p256", bytes.fromhex(said["hand"]), message, bytes.fromhex(told["signature"])
        )
    )


def holds(
    key: dict[str, Any],
    message: bytes,
    signature: dict[str, Any],
    decision: dict[str, Any],
    where: str,
) -> bool:
    """Whether the key signed: a software key the message, a key in a token the grant of the act."""
    point, mark = bytes.fromhex(key["point"]), bytes.fromhex(signature["signature"])
    if key["provider"] == "webauthn":
        return granted(point, message, mark, decision["statement"].encode(), where)
    return signed(key["algorithm"], point, message, mark)


def fen(text: str) -> int:
    """An amount in fen."""
    whole, _, cents = text.partition(".")
    sign = -1 if whole.startswith("-") else 1
    return int(whole or 0) * 100 + sign * int((cents + "00")[:2])


# --- the zip: stored, sorted, without dates, so that no byte of it can differ unnoticed ---------------------------------


def packed(files: Mapping[str, bytes]) -> bytes:
    """The zip of these files, always the same bytes for the same files."""
    body, directory = b"", b""
    for name, data in sorted(files.items()):
        short, crc, size = name.encode("ascii"), zlib.crc32(data), len(data)
        common = struct.pack("<HHHHHIIIHH", 20, 0, 0, 0, 33, crc, size, size, len(short), 0)
        entry = struct.pack("<HHHII", 0, 0, 0, 0, len(body))
        directory += b"PK\x01\x02" + struct.pack("<H", 20) + common + entry + short
        body += b"PK\x03\x04" + common + short + data
    end = struct.pack("<HHHHIIH", 0, 0, len(files), len(files), len(directory), len(body), 0)
    return body + directory + b"PK\x05\x06" + end


def unpacked(place: Path) -> dict[str, bytes]:
    """The files of a zip or a folder. Raises Wrong where the zip is not the one `packed` makes of them."""
    if place.is_dir():
        found = (path for path in sorted(place.rglob("*")) if path.is_file())
        return {
            path.relative_to(place).as_posix(): path.read_bytes()
            for path in found
            if "__pycache__" not in path.parts
        }
    data, files = place.read_bytes(), {}
    try:
        with zipfile.ZipFile(place) as archive:
            names = archive.namelist()
            for name in names:
                try:
                    files[name] = archive.read(name)
                except Exception as error:
                    raise Wrong(name, f"无法读取 / unreadable: {error}") from None
    except (zipfile.BadZipFile, ValueError, OSError, RuntimeError) as error:
        raise Wrong(place.name, f"压缩包被改动 / the zip was altered: {error}") from None
    try:
        is_whole = packed(files) == data
    except UnicodeEncodeError:
        is_whole = False
    need(is_whole, place.name, "压缩包被改动 / the zip was altered")
    return files
