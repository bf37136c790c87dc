"""校验证据包：只需要 Python 与 cryptography，不需要银企联平台。 Checks an evidence bundle; needs Python and `cryptography` only.

    python verify.py [bundle.zip or folder] [--registrars FILE] [--platform FINGERPRINT[,…]] [--anchors FILE] [--passphrase WORDS]

Without the options the bundle is checked against itself, and the fingerprints it stands on are printed: compare them with
your own records. With them it is checked against what you hold: the pinned registrars, the platform's key, the anchor file.
Every file that was altered, is missing or too many is named. Ends with 0 when all holds, else with 1.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from verify_keys import (
    Wrong,
    canonical,
    fen,
    fingerprint,
    holds,
    need,
    root_of,
    sha256,
    signed,
    unpacked,
)
from verify_mandates import check_mandate
from verify_rows import check_rows

# --- the bundle -------------------------------------------------------------------------------------------------------


class Bundle:
    """The files of a bundle, from a zip or a folder, and what the examiner holds to compare them with."""

    def __init__(self, place: Path, options: argparse.Namespace) -> None:
        self.files: dict[str, bytes] = unpacked(place)
        self.options = options
        self.notes: list[str] = []
        self.loose = 0

    def json(self, name: str) -> Any:
        """A file's content; raises Wrong when it is missing or unreadable."""
        need(name in self.files, name, "文件缺失 / missing")
        try:
            return json.loads(self.files[name])
        except ValueError:
            raise Wrong(name, "无法解析 / unreadable") from None


def check_manifest(bundle: Bundle) -> None:
    """Every file is the one the platform listed, and the platform signed the list."""
    manifest = bundle.json("manifest.json")
    listed = manifest["files"]
    for name, digest in listed.items():
        need(name in bundle.files, name, "文件缺失 / missing")
        need(sha256(bundle.files[name]) == digest, name, "文件被改动 / altered")
    extra = set(bundle.files) - set(listed) - {"manifest.json", "manifest.sig"}
    need(not extra, ", ".join(sorted(extra)), "不在清单中 / not listed")
    mark = bundle.json("manifest.sig")
    point, signature = bytes.fromhex(mark["key"]), bytes.fromhex(mark["signature"])
    message = b"yqlink.evidence.v1\x00" + bundle.files["manifest.json"]
    need(
        signed("ecdsa-p256", point, message, signature),
        "manifest.json",
        "清单或其签名被改动 / the list or its signature was altered",
    )
    name = fingerprint("ecdsa-p256", point)
    wanted = bundle.options.platform
    need(
        not wanted or name in wanted.split(","),
        "manifest.sig",
        f"不是该平台的密钥 / not that platform's key: {name}",
    )
    bundle.notes.append(f"平台密钥指纹 platform key {name}" + (" ✓" if wanted else ""))


def check_content(bundle: Bundle) -> None:
    """The order says what its people were shown and signed."""
    order, content = bundle.json("order.json"), bundle.json("content.json")
    digest = sha256(bundle.files["content.json"])
    need(digest == order["content_hash"], "content.json", "与付款单的内容摘要不符 / other digest")
    for name, value in content.items():
        told = order.get(name)
        same = value == told or str(value) == str(told)
        need(same, "order.json", f"{name} 与已签内容不符 / differs from what was signed")


def check_keys(bundle: Bundle) -> dict[str, Any]:
    """Every key is its person's, because a registrar says so; registrars are the pinned ones."""
    book = bundle.json("keys.json")
    pinned = set(book["registrars"])
    if bundle.options.registrars:
        lines = Path(bundle.options.registrars).read_text("utf-8").splitlines()
        held = {line.split()[0] for line in lines if line.strip() and not line.startswith("#")}
        need(pinned <= held, "keys.json", "登记人不在您的名单中 / registrars you do not know")
    bundle.notes += [f"登记人指纹 registrar {one}" for one in sorted(pinned)]
    keys = {one["fingerprint"]: one for one in book["keys"]}
    for name, key in keys.items():
        own = fingerprint(key["algorithm"], bytes.fromhex(key["point"]))
        need(own == name, "keys.json", f"公钥被改动 / altered key {name[:16]}")
        if name not in pinned:
            _check_certificate(keys, key, pinned)
    return keys


def _check_certificate(keys: dict[str, Any], key: dict[str, Any], pinned: set[str]) -> None:
    name = key["fingerprint"][:16]
    said = json.loads(key["certificate"] or "{}")
    registrar = keys.get(said.get("registrar", ""))
    need(
        registrar and registrar["fingerprint"] in pinned,
        "keys.json",
        f"{name} 无登记人 / no registrar",
    )
    for field in (
        "person",
        "provider",
        "algorithm",
        "point",
        "fingerprint",
        "valid_from",
        "valid_to",
    ):
        need(
            said[field] == key[field], "keys.json", f"{name} {field} 与证书不符 / not as certified"
        )
    good = registrar is not None and signed(
        registrar["algorithm"],
        bytes.fromhex(registrar["point"]),
        b"yqlink.certificate.v1\x00" + key["certificate"].encode(),
        bytes.fromhex(key["certificate_signature"]),
    )
    need(good, "keys.json", f"{name} 证书签名不符 / certificate not signed")


def check_decisions(bundle: Bundle, keys: dict[str, Any]) -> list[dict[str, Any]]:
    """Check, approvals and release: signed, by different people, about the same content; the cases that were released."""
    book = bundle.json("decisions.json")
    signatures = {one["root"]: one for one in book["signatures"]}
    cases: dict[int, list[dict[str, Any]]] = {}
    case, content = bundle.json("order.json")["approval_id"], sha256(bundle.files["content.json"])
    for decision in book["decisions"]:
        facts = _check_decision(bundle, decision, signatures, keys)
        same = facts["case"] != case or facts["content"] == content
        need(same, "content.json", "不是所签内容 / not what was signed")
        cases.setdefault(facts["case"], []).append(facts)
    released = [one for one in cases.values() if any(facts["act"] == "release" for facts in one)]
    mandates = [check_mandate(bundle, one, signatures, keys) for one in book.get("standing", [])]
    return [_check_case(one) for one in released] + mandates


def _check_case(said: list[dict[str, Any]]) -> dict[str, Any]:
    name = "decisions.json"
    release = next(facts for facts in said if facts["act"] == "release")
    people = [facts["person"] for facts in said]
    need(len(set(people)) == len(people), name, "同一人办理多个环节 / one person twice")
    need(release["maker"] not in people, name, "制单人参与决定 / the maker decided")
    approvals = sum(facts["act"] == "approve" for facts in said)
    need(approvals >= release["needed"], name, "审批人数不足 / approvals missing")
    need(any(facts["act"] == "check" for facts in said), name, "未复核 / not checked")
    need(len({facts["content"] for facts in said}) == 1, name, "所签内容不一 / contents differ")
    return release


def _check_decision(
    bundle: Bundle, decision: dict[str, Any], signatures: dict[str, Any], keys: dict[str, Any]
) -> dict[str, Any]:
    where = f"decisions.json#{decision['id']}"
    root = root_of(decision["statement"].encode(), decision["path"], where)
    signature = signatures.get(root.hex())
    need(signature, where, "陈述不属于任何签名 / the statement leads to no signature")
    key = keys.get(signature["key"] if signature else "")
    need(key, where, "签名密钥缺失 / key missing")
    if signature is None or key is None:
        raise Wrong(where, "incomplete")
    good = holds(key, b"yqlink.decisions.v1\x00" + root, signature, decision, where)
    need(good, where, "签名不符 / the signature does not hold")
    facts: dict[str, Any] = json.loads(decision["statement"])
    for name in ("act", "step", "case", "content", "person", "at", "note"):
        need(facts[name] == decision[name], where, f"{name} 与所签不符 / not as signed")
    need(
        facts["key"] == key["fingerprint"] and facts["person"] == key["person"],
        where,
        "非本人密钥 / not his key",
    )
    need(
        key["valid_from"] <= facts["at"] < key["valid_to"],
        where,
        "密钥不在有效期 / key not valid then",
    )
    distrusted = key["distrusted_from"]
    need(not distrusted or facts["at"] < distrusted, where, "密钥已吊销 / key distrusted")
    page = bundle.files.get(f"pages/{facts['shown']}.json")
    need(
        page is None or sha256(page) == facts["shown"],
        f"pages/{facts['shown']}.json",
        "页面被改动 / altered",
    )
    return facts


def check_instructions(bundle: Bundle, releases: list[dict[str, Any]]) -> None:
    """The sealed instruction is byte for byte what the releaser signed, and says what the order says."""
    sealed = {one["sealed"]: one for one in releases}
    for name in sorted(bundle.files):
        if not name.startswith("instructions/"):
            continue
        said, digest = bundle.json(name), sha256(bundle.files[name])
        need(digest in sealed, name, "授权人未签此指令 / no releaser signed it")
        need(
            sha256(canonical(said["order"])) == sealed[digest]["content"],
            name,
            "内容不符 / other content",
        )
        need(
            f"payment:{said['order_id']}" == sealed[digest]["subject"],
            name,
            "不是此付款单 / other order",
        )


def check_wire(bundle: Bundle, told: set[tuple[str, str, str]]) -> None:
    """What went over the wire has the digests the audit trail recorded when it did."""
    for one in bundle.json("wire.json"):
        where = f"wire.json#{one['key']}"
        trio = (one["key"], one["request_sha256"], one["answer_sha256"])
        need(not told or trio in told, where, "审计记录中无此报文摘要 / digests not in the trail")
        for part in ("request", "answer"):
            name = f"wire/{one['key']}-{part}.enc"
            if name in bundle.files and bundle.options.passphrase:
                plain = _decrypted(bundle.files[name], bundle.options.passphrase, name)
                need(sha256(plain) == one[f"{part}_sha256"], name, "与摘要不符 / other digest")


def _decrypted(text: bytes, passphrase: str, name: str) -> bytes:
    key = Scrypt(salt=text[:16], length=32, n=2**15, r=8, p=1).derive(passphrase.encode())
    try:
        return AESGCM(key).decrypt(text[16:28], text[28:], None)
    except InvalidTag:
        raise Wrong(name, "口令不符或文件被改动 / wrong passphrase or altered") from None


def check_books(bundle: Bundle) -> None:
    """The statement shows the debit, and the vouchers balance on the same amount."""
    amount = bundle.json("content.json")["amount"]
    for tie in bundle.json("statement.json"):
        where = f"statement.json#{tie['entry']['bank_serial']}"
        need(tie["entry"]["amount"] == amount, where, "金额不符 / other amount")
        wanted = "debit" if tie["role"] == "debit" else "credit"
        need(tie["entry"]["direction"] == wanted, where, "方向不符 / other direction")
    for voucher in bundle.json("vouchers.json"):
        where = f"vouchers.json#{voucher['id']}"
        sides = [sum(fen(line[side]) for line in voucher["lines"]) for side in ("debit", "credit")]
        need(sides[0] == sides[1], where, "借贷不平 / does not balance")
        need(abs(sides[0]) == fen(amount), where, "金额不符 / other amount")


def check_audit(bundle: Bundle) -> set[tuple[str, str, str]]:
    """Every entry is in its link, every link is what its digest says, and leads to the anchor outside the database."""
    book = bundle.json("audit.json")
    links = {one["act"]: one for one in book["links"]}
    told: set[tuple[str, str, str]] = set()
    for entry in book["entries"]:
        where = f"audit.json#{entry['id']}"
        digest = sha256(entry["text"].encode())
        link = links.get(entry["act"])
        need(
            link and f" {entry['id']}:{digest} " in f" {link['entries']} ",
            where,
            "记录不在链上 / not in the chain",
        )
        after = json.loads(entry["text"])[8]
        told |= {(one["key"], one["request"], one["answer"]) for one in after.get("wire", [])}
    for link in links.values():
        check_link(bundle, link)
    return told


def check_link(bundle: Bundle, link: dict[str, Any]) -> None:
    """A link is what its digest says, and leads to the anchor outside the database, where it is anchored yet."""
    held = _held_lines(bundle)
    where = f"audit.json#link{link['seq']}"
    text = f"{link['previous']}:{link['seq']}:{link['act']}:{link['entries']}"
    need(sha256(text.encode()) == link["digest"], where, "链摘要不符 / broken link")
    if not link["anchor"]:
        bundle.loose += 1
        return
    line = json.loads(link["anchor"])
    root = root_of(link["digest"].encode(), link["path"], where)
    need(root.hex() == line["root"], where, "与锚不符 / not what was anchored")
    need(not held or link["anchor"] in held, where, "锚不在您的文件中 / anchor not in your file")


def _held_lines(bundle: Bundle) -> set[str]:
    if not bundle.options.anchors:
        return set()
    return set(Path(bundle.options.anchors).read_text("utf-8").splitlines())


def run(place: Path, options: argparse.Namespace) -> list[str]:
    """Check everything; the notes an examiner should read. Raises Wrong at the first thing that does not hold."""
    bundle = Bundle(place, options)
    check_manifest(bundle)
    check_content(bundle)
    keys = check_keys(bundle)
    releases = check_decisions(bundle, keys)
    check_instructions(bundle, releases)
    told = check_audit(bundle)
    check_wire(bundle, told)
    check_books(bundle)
    check_rows(bundle, lambda link: check_link(bundle, link))
    if bundle.loose:
        bundle.notes.append(f"{bundle.loose} 条链尚未锚定 / links not anchored yet")
    return bundle.notes


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("place", nargs="?", type=Path, default=Path(__file__).resolve().parent)
    for name in ("registrars", "platform", "anchors", "passphrase"):
        parser.add_argument(f"--{name}", default="")
    options = parser.parse_args()
    try:
        notes = run(options.place, options)
    except (Wrong, KeyError, ValueError, TypeError, AttributeError) as error:
        print(f"✗ {error if isinstance(error, Wrong) else f'{type(error).__name__}: {error}'}")
        return 1
    print("\n".join([*notes, "✓ 证据包完整 / the evidence holds"]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
