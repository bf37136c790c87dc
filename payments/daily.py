"""Reads behind the daily reconciliation (DOMAIN §3.9): what was sent on a day, and which entry is whose. System look-ups: the
caller scoped the accounts."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from django.db.models import QuerySet
from django.db.models.functions import TruncDate

from kernel import clock
from payments.models import DebitTie, OutsidePayment, PaymentInstruction


@dataclass(frozen=True, kw_only=True)
class SentInstruction:
    """An instruction as the daily reconciliation sees it; `rule` names the tie to its debit, "" without one."""

    id: int
    account_id: int
    instr_no: str
    bank_ref: str
    order_no: str
    payee: str
    amount: Decimal
    state: str
    rule: str = ""
    sent_at: datetime | None = None


def _read(rows: QuerySet[PaymentInstruction]) -> list[SentInstruction]:
    found = list(rows.select_related("order").defer("sealed", "seal").order_by("pk"))
    ties = DebitTie.objects.filter(instruction__in=found, role=DebitTie.Role.DEBIT)
    rules = dict(ties.values_list("instruction_id", "rule"))
    return [
        SentInstruction(
            id=row.pk,
            account_id=row.payer_account_id,
            instr_no=row.instr_no,
            bank_ref=row.bank_ref,
            order_no=row.order.order_no,
            payee=row.order.payee_name,
            amount=row.amount,
            state=str(row.state),
            rule=rules.get(row.pk, ""),
            sent_at=row.sent_at,
        )
        for row in found
    ]


def sent_on(account_ids: Collection[int], day: date) -> list[SentInstruction]:
    """What left these accounts on a day."""
    begin = datetime.combine(day, time(), clock.SHANGHAI)
    return _read(
        PaymentInstruction.objects.filter(
            payer_account_id__in=account_ids,
            sent_at__gte=begin,
            sent_at__lt=begin + timedelta(days=1),
        )
    )


def sent_days(account_ids: Collection[int], first: date, last: date) -> dict[int, set[date]]:
    """The days between two on which anything left each account."""
    begin = datetime.combine(first, time(), clock.SHANGHAI)
    rows = PaymentInstruction.objects.filter(
        payer_account_id__in=account_ids,
        sent_at__gte=begin,
        sent_at__lt=datetime.combine(last, time(), clock.SHANGHAI) + timedelta(days=1),
    )
    on = TruncDate("sent_at", tzinfo=clock.SHANGHAI)
    found: dict[int, set[date]] = {}
    for account_id, day in rows.annotate(on=on).values_list("payer_account_id", "on").distinct():
        found.setdefault(account_id, set()).add(day)
    return found


def by_reference(
    account_ids: Collection[int], references: Collection[str]
) -> dict[tuple[int, str], SentInstruction]:
    """The instructions these references name, by account and reference."""
    rows = PaymentInstruction.objects.filter(
        payer_account_id__in=account_ids, bank_ref__in=references, sent_at__isnull=False
    )
    return {(one.account_id, one.bank_ref): one for one in _read(rows)}


def ties_of_entries(entry_ids: Collection[int]) -> dict[int, tuple[str, str]]:
    """(rule, instruction no.) of each of these entries that is tied to an instruction."""
    rows = DebitTie.objects.filter(entry_id__in=list(entry_ids))
    found = rows.values_list("entry_id", "rule", "instruction__instr_no")
    return {entry_id: (rule, instr_no) for entry_id, rule, instr_no in found}


def outside_entries(entry_ids: Collection[int]) -> dict[int, str]:
    """The order each of these entries paid outside the platform."""
    rows = OutsidePayment.objects.filter(entry_id__in=list(entry_ids))
    found = rows.values_list("entry_id", "order__order_no")
    return {entry_id: number for entry_id, number in found if entry_id is not None}


def ids_of(instr_nos: Collection[str]) -> dict[int, str]:
    """The instructions with these numbers: id → number."""
    rows = PaymentInstruction.objects.filter(instr_no__in=list(instr_nos))
    return dict(rows.values_list("pk", "instr_no"))
