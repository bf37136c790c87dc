"""The seal: the canonical instruction, encrypted for the bank's workers and MACed at release.

At dispatch it is verified against every plain copy, and against what the people who decided signed: the digest of these
very bytes. Only a process with the private keys can open it; the one that serves pages cannot.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from approvals.signing import trust
from approvals.signing.verifying import Proven, Verdict
from audit import anchoring
from kernel import seal, vault
from kernel.envelope import Sealer
from kernel.errors import InvariantBroken
from masterdata import selectors as masterdata
from payments.content import content_hash, content_of
from payments.outcomes import SealedInstruction

if TYPE_CHECKING:
    from payments.models import PaymentInstruction, PaymentOrder

_PURPOSE = "payments.instruction"


def _aad(instr_no: str) -> str:
    return f"instruction:{instr_no}"


def instruction_content(order: PaymentOrder, instruction: PaymentInstruction) -> dict[str, object]:
    """The canonical instruction: the order's money fields, and what its one attempt adds."""
    account = order.payer_account
    return {
        "order": dict(content_of(order)),
        "order_id": order.pk,
        "attempt": instruction.attempt,
        "instr_no": instruction.instr_no,
        "bank_ref": instruction.bank_ref,
        "operation": instruction.operation,
        "connection_id": instruction.connection_id,
        "payer_number": account.number,
        "payer_name": account.name,
        "payer_branch": account.branch_code,
        "payer_cnaps": account.cnaps,
        "content_hash": instruction.content_hash,
    }


def instruction_bytes(order: PaymentOrder, instruction: PaymentInstruction) -> bytes:
    """The canonical bytes of an instruction: what the releaser signs, what is sealed, what is sent."""
    return seal.canonical(instruction_content(order, instruction))


def seal_instruction(instruction: PaymentInstruction, data: bytes, sealer: Sealer) -> None:
    """Fill `sealed` and `seal` from its canonical bytes; after this the instruction says one thing for ever.

    Packed first: the row is rewritten at every step of the payment, and carries its seal along.
    """
    instruction.sealed = sealer.seal(zlib.compress(data), aad=_aad(instruction.instr_no))
    instruction.seal = seal.mac(vault.seal_key(), _PURPOSE, data)


def require_able_to_verify() -> None:
    """Raise KeysAbsent or TrustAbsent where this process could not tell a good instruction from a bad one.

    Raises BehindItsAnchor where the database is older than what is known of it outside: what it calls queued may be sent.
    """
    vault.opener()
    trust.registrars()
    anchoring.require_current()


def _differences(
    said: Mapping[str, object], order: PaymentOrder, instruction: PaymentInstruction
) -> list[str]:
    present = json.loads(instruction_bytes(order, instruction))
    sealed_order, present_order = said["order"], present["order"]
    names = [name for name in present if name != "order" and present[name] != said.get(name)]
    if isinstance(sealed_order, dict):
        names += [name for name in present_order if present_order[name] != sealed_order.get(name)]
        copies = {
            "instruction.currency": (instruction.currency, sealed_order["currency"]),
            "instruction.company": (instruction.company_id, sealed_order["company_id"]),
            "instruction.payer_account": (
                instruction.payer_account_id,
                sealed_order["payer_account_id"],
            ),
            "instruction.order": (instruction.order_id, said["order_id"]),
        }
        names += [
            name
            for name, (present_value, sealed_value) in copies.items()
            if present_value != sealed_value
        ]
    if (
        content_hash(order) != instruction.content_hash
        or order.content_hash != instruction.content_hash
    ):
        names.append("content_hash")
    return names


def unable_to_verify() -> str:
    """Why this process could not verify; empty when it can."""
    try:
        require_able_to_verify()
    except (vault.KeysAbsent, trust.TrustAbsent, anchoring.BehindItsAnchor) as error:
        return str(error)
    return ""


class NotSigned(InvariantBroken):
    """The people of this payment did not sign what is sealed."""


def unsealed(instruction: PaymentInstruction) -> bytes:
    """The canonical bytes that were sealed. Raises SealBroken or Undecipherable; KeysAbsent outside the bank's workers."""
    packed = vault.opener().open(bytes(instruction.sealed), aad=_aad(instruction.instr_no))
    data = zlib.decompress(packed)
    seal.verify_mac(vault.seal_key(), _PURPOSE, data, instruction.seal)
    return data


def _require_signed(
    data: bytes, said: Mapping[str, Mapping[str, object]], verdict: Verdict | None
) -> None:
    """Raise NotSigned unless check, approvals and release were signed for this order, this content and these very bytes."""
    if not isinstance(verdict, Proven):
        raise NotSigned("no decisions" if verdict is None else verdict.why)
    told = {
        "order": (verdict.subject, f"payment:{said['order_id']}"),
        "content": (verdict.content, seal.digest(seal.canonical(said["order"]))),
        "instruction": (verdict.sealed, seal.digest(data)),
    }
    if verdict.target_id is not None:  # a mandate names the only account the money may go to
        target = masterdata.account_by_id(verdict.target_id)
        told["target"] = (
            "" if target is None else target.number,
            str(said["order"]["payee_number"]),
        )
    wrong = [name for name, (signed, present) in told.items() if signed != present]
    if wrong:
        raise NotSigned("another one was signed: " + ", ".join(wrong))


def open_seal(
    order: PaymentOrder, instruction: PaymentInstruction, *, day: date, verdict: Verdict | None
) -> SealedInstruction:
    """Decrypt, verify the MAC, compare with the plain columns of instruction, order and payer account, and with the signatures.

    Raises SealBroken, Undecipherable or NotSigned (all InvariantBroken), naming what differs; such a payment is not sent.
    """
    data = unsealed(instruction)
    said = json.loads(data)
    differences = _differences(said, order, instruction)
    if differences:
        raise seal.SealBroken("changed after release: " + ", ".join(differences))
    _require_signed(data, said, verdict)
    money = said["order"]
    return SealedInstruction(
        instruction_id=instruction.pk,
        order_id=order.pk,
        instr_no=said["instr_no"],
        bank_ref=said["bank_ref"],
        payer_account=said["payer_number"],
        payer_name=said["payer_name"],
        payer_branch=said["payer_branch"],
        payer_cnaps=said["payer_cnaps"],
        payee_account=money["payee_number"],
        payee_name=money["payee_name"],
        payee_bank=money["payee_bank"],
        cnaps=money["payee_cnaps"],
        amount=Decimal(money["amount"]),
        currency=money["currency"],
        purpose=money["purpose"],
        remark=money["remark"],
        is_urgent=money["is_urgent"],
        is_personal=money["is_personal"],
        route=instruction.route_requested,
        day=day,
    )


BROKEN = InvariantBroken  # what `open_seal` raises, for callers that hold the payment and raise the alarm
