"""Releases under standing mandates, for verify.py beside it: Python and `cryptography` only."""

from __future__ import annotations

import json
from typing import Any

from verify_keys import canonical, fen, holds, need, root_of, sha256, signed


def check_mandate(
    bundle: Any, release: dict[str, Any], signatures: dict[str, Any], keys: dict[str, Any]
) -> dict[str, Any]:
    """A release under a standing mandate: the platform's word, within terms a releaser signed with their own key."""
    where = f"decisions.json#standing{release['id']}"
    facts: dict[str, Any] = json.loads(release["statement"])
    said = json.loads(release["mandate"]["statement"])
    ours = {bundle.json("manifest.sig")["key"], *bundle.json("keys.json").get("platform", [])}
    need(
        release["point"] in ours  # of now, or an earlier one it vouches for by signing the list
        and signed(
            "ecdsa-p256",
            bytes.fromhex(release["point"]),
            b"yqlink.standing.v1\x00" + release["statement"].encode(),
            bytes.fromhex(release["signature"]),
        ),
        where,
        "平台未签此常设授权 / the platform did not sign this release",
    )
    terms = said["terms"]
    need(
        said["act"] == "mandate"
        and said["content"] == facts["terms"] == sha256(canonical(terms))
        and facts["currency"] == terms["currency"]
        and fen(facts["amount"]) <= fen(terms["item"])
        and terms["valid_from"] <= facts["at"][:10] <= (terms["valid_to"] or "9999"),
        where,
        "超出常设授权的条款 / outside the mandate",
    )
    accounts = said.get("accounts", {"target": {}})
    need(
        accounts["target"].get("number") == bundle.json("content.json")["payee_number"],
        where,
        "收款账号不是授权人所签 / another account than the one that was signed",
    )
    need(said["person"] != facts["maker"], where, "制单人签署了授权 / signed by the maker")
    _check_signed(release["mandate"], said, signatures, keys, where)
    bundle.notes.append(
        f"常设授权 standing mandate {facts['version']} {release['mandate']['name']}"
    )
    return facts


def _check_signed(
    mandate: dict[str, Any],
    said: dict[str, Any],
    signatures: dict[str, Any],
    keys: dict[str, Any],
    where: str,
) -> None:
    """A releaser signed these terms, with a key that was theirs then."""
    statement, path = mandate["statement"], mandate["path"]
    root = root_of(statement.encode(), path, where)
    signature = signatures.get(root.hex(), {})
    key = keys.get(signature.get("key", ""), {})
    need(
        key
        and (said["key"], said["person"]) == (key["fingerprint"], key["person"])
        and key["valid_from"] <= said["at"] < key["valid_to"]
        and (not key["distrusted_from"] or said["at"] < key["distrusted_from"])
        and holds(
            key, b"yqlink.decisions.v1\x00" + root, signature, {"statement": statement}, where
        ),
        where,
        "授权人未签此条款 / no releaser signed the terms",
    )
