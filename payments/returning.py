"""Which incoming credits are our own payments coming back (R8 before anything else, DOMAIN §4). System look-ups."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import Q

from kernel import clock
from payments.models import DebitTie, PaymentInstruction
from payments.states import InstructionState

if TYPE_CHECKING:
    from statements.models import StatementEntry

S = InstructionState
HORIZON = timedelta(days=30)
_NEVER_LEFT = (S.QUEUED, S.CANCELLED, S.FAILED)


@dataclass(frozen=True)
class OwnReturn:
    """The payment a credit brings back; not proven where only payee and amount agree."""

    instr_no: str
    is_proven: bool


def tied_returns(entry_ids: Collection[int]) -> dict[int, str]:
    """The instruction number of each of these credits that is tied to a payment of ours as its return."""
    rows = DebitTie.objects.filter(entry_id__in=entry_ids, role=DebitTie.Role.RETURN)
    return dict(rows.values_list("entry_id", "instruction__instr_no"))


def returns_among(entries: Sequence[StatementEntry]) -> Mapping[int, OwnReturn]:
    """Own payments among these credits, by entry id: tied already, naming our reference or serial, or just alike.

    A payment whose answer is still out counts as well: its money may be back before the bank has said a word.
    """
    if not entries:
        return {}
    found = {pk: OwnReturn(no, True) for pk, no in tied_returns([e.pk for e in entries]).items()}
    since = min(entry.booked_at for entry in entries) - HORIZON - timedelta(days=1)
    references = {e.reference for e in entries if e.reference}
    serials = {e.bank_serial for e in entries if e.bank_serial}
    payees = {e.counterparty_account for e in entries if e.counterparty_account}
    rows = PaymentInstruction.objects.filter(
        Q(bank_ref__in=references)
        | Q(bank_serial__in=serials)
        | Q(order__payee_number__in=payees, sent_at__gte=since),
        payer_account_id__in={entry.account_id for entry in entries},
        sent_at__isnull=False,
    ).exclude(state__in=_NEVER_LEFT)
    sent = list(rows.select_related("order").defer("sealed", "seal").order_by("pk"))
    tied = set(
        DebitTie.objects.filter(instruction__in=sent, role=DebitTie.Role.RETURN).values_list(
            "instruction_id", flat=True
        )
    )
    for entry in entries:
        told = None if entry.pk in found else _of(entry, sent, tied)
        if told is not None:
            found[entry.pk] = told
    return found


def _of(
    entry: StatementEntry, sent: Sequence[PaymentInstruction], tied: Collection[int]
) -> OwnReturn | None:
    mine = [row for row in sent if row.payer_account_id == entry.account_id]
    for row in mine:
        names_it = (entry.reference and entry.reference == row.bank_ref) or (
            entry.bank_serial and entry.bank_serial == row.bank_serial
        )
        if names_it and row.order.amount == entry.amount:
            return OwnReturn(row.instr_no, True)
    for row in mine:
        day = row.sent_at.astimezone(clock.SHANGHAI).date() if row.sent_at else entry.bank_date
        if (
            row.pk not in tied
            and row.order.amount == entry.amount
            and row.order.payee_number == entry.counterparty_account
            and timedelta(0) <= entry.bank_date - day <= HORIZON
        ):
            return OwnReturn(row.instr_no, False)
    return None
