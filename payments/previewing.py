"""An order as it would be sealed now, before anybody releases it: for looking at, never for sending. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kernel import clock
from kernel.references import bank_reference, make_instr_no
from kernel.scope import Scope
from masterdata import selectors as masterdata
from payments import selectors
from payments.inforce import InForce
from payments.outcomes import SealedInstruction
from payments.topics import BankProduct

if TYPE_CHECKING:
    from masterdata.models import Connection
    from payments.models import PaymentOrder

_NUMBER = make_instr_no(
    epoch=1, sequence=0
)  # the shape of a number; the real one is made at release


@dataclass(frozen=True)
class Unsent:
    """What would be sent of an order, over which connection, by which product; `is_numbered` once it has its number."""

    order: PaymentOrder
    instruction: SealedInstruction
    connection: Connection | None
    operation: str
    is_numbered: bool


def unsent(order_no: str, *, scope: Scope) -> Unsent:
    """The order as its bank would be told of it today. Raises NotFound."""
    order = selectors.get_order(order_no, scope=scope)
    account, one = order.payer_account, order.instruction
    connection = account.connection if account.is_direct_link else None
    operation = (
        one.operation if one else InForce(clock.today()).value(BankProduct, account).operation
    )
    reference = one.bank_ref if one else ""
    if connection is not None and not reference:
        rule = masterdata.bank_profile(connection.bank_slug).reference_rule
        reference = bank_reference(_NUMBER, rule)
    sealed = SealedInstruction(
        instruction_id=one.pk if one else 0,
        order_id=order.pk,
        instr_no=one.instr_no if one else _NUMBER,
        bank_ref=reference or _NUMBER,
        payer_account=account.number,
        payer_name=account.name,
        payer_branch=account.branch_code,
        payer_cnaps=account.cnaps,
        payee_account=order.payee_number,
        payee_name=order.payee_name,
        payee_bank=order.payee_bank,
        cnaps=order.payee_cnaps,
        amount=order.amount,
        currency=order.currency,
        purpose=order.purpose,
        remark=order.remark,
        is_urgent=order.is_urgent,
        is_personal=order.is_personal,
        route=one.route_requested if one else "",
        day=clock.today(),
    )
    return Unsent(order, sealed, connection, operation, is_numbered=one is not None)
