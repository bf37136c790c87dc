"""The seal: the canonical instruction, encrypted and MACed at release; verified against every plain copy at dispatch."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from kernel import seal, vault
from kernel.errors import InvariantBroken
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


def seal_instruction(order: PaymentOrder, instruction: PaymentInstruction) -> None:
    """Fill `sealed` and `seal`; after this the instruction says one thing for ever."""
    data = seal.canonical(instruction_content(order, instruction))
    instruction.sealed = vault.ring().encrypt(data, aad=_aad(instruction.instr_no))
    instruction.seal = seal.mac(vault.seal_key(), _PURPOSE, data)


def _differences(
    said: Mapping[str, object], order: PaymentOrder, instruction: PaymentInstruction
) -> list[str]:
    present = json.loads(seal.canonical(instruction_content(order, instruction)))
    sealed_order, present_order = said["order"], present["order"]
    names = [name for name in present if name != "order" and present[name] != said.get(name)]
    if isinstance(sealed_order, dict):
        names += [name for name in present_order if present_order[name] != sealed_order.get(name)]
        copies = {
            "instruction.amount": (f"{instruction.amount:.2f}", sealed_order["amount"]),
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


def open_seal(
    order: PaymentOrder, instruction: PaymentInstruction, *, day: date
) -> SealedInstruction:
    """Decrypt, verify the MAC, and compare with the plain columns of instruction, order and payer account.

    Raises SealBroken or Undecipherable (both InvariantBroken) and names the columns that differ; such a payment is not sent.
    """
    data = vault.ring().decrypt(bytes(instruction.sealed), aad=_aad(instruction.instr_no))
    seal.verify_mac(vault.seal_key(), _PURPOSE, data, instruction.seal)
    said = json.loads(data)
    differences = _differences(said, order, instruction)
    if differences:
        raise seal.SealBroken("changed after release: " + ", ".join(differences))
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
