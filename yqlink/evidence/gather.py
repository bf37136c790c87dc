"""Everything that is known of one payment, gathered from all apps into the files of a bundle, listed and signed.

Runs in a bank's worker: it opens the sealed instruction and signs with the platform's key.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from approvals.signing import dossier as decisions
from approvals.signing import platform
from audit import dossier as trail
from bankbridge.services import dossier as wire
from bankbridge.services.dossier import Mode
from kernel import clock, seal, vault
from kernel.scope import Scope
from ledger import selectors as ledger
from payments import dossier as payments
from yqlink.evidence.standalone.verify_keys import packed

if TYPE_CHECKING:
    from payments.models import PaymentOrder

STANDALONE = Path(__file__).with_name("standalone")
_SOURCE = "payments.paymentinstruction"
_TELLING = ("order.json", "instructions.json", "statement.json", "vouchers.json")


@dataclass(frozen=True)
class Wish:
    """How much of the wire goes along, and under which passphrase."""

    mode: Mode = Mode.REDACTED
    passphrase: str = ""


def _json(content: object) -> bytes:
    return json.dumps(content, ensure_ascii=False, sort_keys=True, indent=1).encode()


def bundle(order: PaymentOrder, *, scope: Scope, wish: Wish, by: str) -> bytes:
    """The zip. Raises KeysAbsent outside a bank's worker, SealBroken where an instruction was tampered with."""
    files = {**_payment(order), **_people(order), **_books(order)}
    files["rows.json"] = _rows(files)
    files |= _trail(order, scope, wish)
    for path in sorted(STANDALONE.glob("*.py")):
        files[path.name] = path.read_bytes()
    files["README.txt"] = _README.encode()
    listed = {name: seal.digest(data) for name, data in sorted(files.items())}
    manifest = seal.canonical(
        {
            "format": "yqlink-evidence/2",
            "order_no": order.order_no,
            "made_at": clock.now().astimezone(clock.SHANGHAI).isoformat(),
            "made_by": by,
            "wire": str(wish.mode),
            "files": listed,
        }
    )
    point, signature = vault.sign_as_platform(b"yqlink.evidence.v1\x00" + manifest)
    files["manifest.json"] = manifest
    files["manifest.sig"] = seal.canonical({"key": point.hex(), "signature": signature.hex()})
    return packed(files)


def _payment(order: PaymentOrder) -> dict[str, bytes]:
    attempts = payments.instructions_of(order)
    files = {
        "order.json": _json(payments.order_of(order)),
        "content.json": payments.content_bytes(order),
        "instructions.json": _json([payments.columns(one) for one in attempts]),
        "statement.json": _json(payments.ties_of(attempts)),
    }
    for one in attempts:
        files[f"instructions/{one.instr_no}.json"] = payments.sealed_bytes(one)
    return files


def _people(order: PaymentOrder) -> dict[str, bytes]:
    told = decisions.of_cases(payments.cases_of(order))
    files = {f"pages/{digest}.json": page for digest, page in told["pages"].items()}
    files["decisions.json"] = _json(
        {name: told[name] for name in ("decisions", "standing", "signatures")}
    )
    ours = sorted(point.hex() for point in platform.known())
    files["keys.json"] = _json(
        {"keys": told["keys"], "registrars": told["registrars"], "platform": ours}
    )
    return files


def _books(order: PaymentOrder) -> dict[str, bytes]:
    attempts = payments.instructions_of(order)
    vouchers = ledger.vouchers_of(_SOURCE, [one.pk for one in attempts]).prefetch_related("lines")
    told = [
        {
            **payments.columns(row),
            "lines": [payments.columns(line) for line in row.lines.all()],
        }
        for row in vouchers
    ]
    return {"vouchers.json": _json(told)}


def _rows(files: Mapping[str, bytes]) -> bytes:
    """Every row these files tell of, as the database holds it, with its last change and the link that names it."""
    told = {name: json.loads(files[name]) for name in _TELLING}
    vouchers = told["vouchers.json"]
    wanted = [
        ("payments.paymentorder", [told["order.json"]["id"]]),
        ("payments.paymentinstruction", [one["id"] for one in told["instructions.json"]]),
        ("statements.statemententry", [tie["entry"]["id"] for tie in told["statement.json"]]),
        ("ledger.voucher", [one["id"] for one in vouchers]),
        ("ledger.voucherline", [line["id"] for one in vouchers for line in one["lines"]]),
    ]
    return _json(trail.of_rows(wanted))


def _trail(order: PaymentOrder, scope: Scope, wish: Wish) -> dict[str, bytes]:
    attempts = payments.instructions_of(order)
    told = trail.of_entries(payments.entry_ids_of(order, attempts, scope=scope))
    spoken = [json.loads(entry["text"])[8].get("wire", []) for entry in told["entries"]]
    keys = {one["key"]: None for each in spoken for one in each}
    references = [one.bank_ref for one in attempts]
    said = wire.of_exchanges(
        keys,
        mode=wish.mode,
        own=_own_values(order, references),
        references=references,
        passphrase=wish.passphrase,
    )
    return {"audit.json": _json(told), "wire.json": _json(said.facts), **said.files}


def _own_values(order: PaymentOrder, references: list[str]) -> list[str]:
    """What of a message is this payment's own, and may be read in it."""
    account, amount = order.payer_account, order.amount
    return [
        account.number,
        account.name,
        order.payee_number,
        order.payee_name,
        order.payee_bank,
        order.payee_cnaps,
        f"{amount:.2f}",
        f"{amount * 100:.0f}",
        order.purpose,
        order.remark,
        *references,
    ]


def facts_of(data: bytes) -> dict[str, Any]:
    """What a bundle says of itself, for a line on the screen."""
    return {"bytes": len(data), "sha256": seal.digest(data)}


_README = """证据包 Evidence bundle

order.json          付款单及其来源单据 the order and the document it came from
content.json        各环节所签内容的原始字节 the bytes people signed
decisions.json      复核、审批、授权：陈述、路径与签名 check, approvals, release: statements, paths, signatures
pages/              各环节当时所见的页面 what each person was shown
keys.json           公钥、证书与登记人 public keys, certificates, registrars
instructions/       封存并发送的指令 the instruction as it was sealed and sent
wire.json, wire/    与银行往来报文：摘要，以及脱敏或加密的内容 what was said to and by the bank
statement.json      对应的银行流水 the statement entries that show it
vouchers.json       记账凭证 vouchers
rows.json           以上各行在数据库中的原文、最后一次变更及其所在的链 the rows as the database held them, in the chain
audit.json          操作轨迹、链与锚 the trail, its links and anchors
verify.py           校验 checks it all:  python verify.py
"""
