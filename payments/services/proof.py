"""What the statement proves of one instruction: that its debit is there, or that one has looked and it is not."""

from __future__ import annotations

from datetime import datetime

from kernel import clock
from payments import selectors
from payments.models import DebitTie, PaymentInstruction
from statements import selectors as statements


def debit_seen(instruction: PaymentInstruction) -> bool:
    """Whether any statement entry is, or by reference, serial or payee may be, the debit of this instruction."""
    if selectors.has_debit_tie(instruction.pk):
        return True
    first = (instruction.sent_at or instruction.created_at).astimezone(clock.SHANGHAI).date()
    order = instruction.order
    for entry in statements.debits_matching(
        account_id=instruction.payer_account_id,
        amount=instruction.amount,
        first=first,
        last=clock.today(),
    ):
        if entry.reference:
            if entry.reference == instruction.bank_ref:
                return True
            continue
        is_alike = entry.counterparty_account == order.payee_number or (
            entry.bank_serial and entry.bank_serial == instruction.bank_serial
        )
        if is_alike and not DebitTie.objects.filter(entry_id=entry.pk).exists():
            return True
    return False


def is_statement_told(instruction: PaymentInstruction, *, since: datetime) -> bool:
    """Whether the statement from the day it was sent through today was fetched after `since`, past days on a later day."""
    sent = (instruction.sent_at or instruction.created_at).astimezone(clock.SHANGHAI).date()
    return statements.is_told(
        account_id=instruction.payer_account_id, first=sent, last=clock.today(), since=since
    )
