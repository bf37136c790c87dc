"""Payments into the books: what succeeded and stands on the statement is booked, what was returned is booked back.

The database is the queue: each tick finds payments without their voucher. Nothing here hinders dispatch.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import QuerySet

from desk import services as desk
from desk.services import NewCase
from kernel import clock
from ledger import selectors as ledger
from ledger.rules import BookFact
from ledger.services import posting
from ledger.services.posting import Booked, Undoing
from ledger.topics import Booking
from masterdata.strategies import Decided, Strategies
from payments.models import DebitTie, PaymentInstruction, PaymentOrder
from payments.states import InstructionState
from statements import selectors as statements

if TYPE_CHECKING:
    from statements.models import StatementEntry

S = InstructionState
SOURCE = "payments.paymentinstruction"
FAILED = "payments.voucher.failed"
BATCH = 200
RETRY_AFTER = timedelta(hours=1)
FOLLOWED = timedelta(days=2)  # how far back acknowledgements are looked for at each tick
NONE, OFF, POSTED, ACKED, REVERSED, EXCEPTION = (
    *("none", "off", "posted", "acked", "reversed", "exception"),
)


def _locked(**conditions: object) -> list[PaymentInstruction]:
    rows: QuerySet[PaymentInstruction] = PaymentInstruction.objects.filter(**conditions)
    rows = rows.select_for_update(of=("self",), no_key=True, skip_locked=True)
    rows = rows.select_related("order", "payer_account", "company").defer("sealed", "seal")
    return list(rows.order_by("pk")[:BATCH])


def _entries(rows: Sequence[PaymentInstruction], role: str) -> dict[int, StatementEntry]:
    """The statement entry tied to each instruction in this role."""
    ties = DebitTie.objects.filter(instruction__in=rows, role=role)
    by_entry = dict(ties.values_list("entry_id", "instruction_id"))
    return {by_entry[pk]: entry for pk, entry in statements.entries_by_id(by_entry).items()}


def _day(row: PaymentInstruction, entry: StatementEntry | None) -> date:
    """The bank's day of the entry; where no entry is tied, the day its end was known."""
    if entry is not None:
        return entry.bank_date
    return (row.final_at or clock.now()).astimezone(clock.SHANGHAI).date()


def _fact(
    row: PaymentInstruction, entry: StatementEntry | None, settlement_method: str
) -> BookFact:
    order: PaymentOrder = row.order
    is_internal = order.kind == PaymentOrder.Kind.INTERNAL
    return BookFact(
        event="transfer_out" if is_internal else "payment",
        posting_key=f"payment:{row.instr_no}",
        company_id=row.company_id,
        day=_day(row, entry),
        figures={"amount": row.amount},
        words={
            "account_number": row.payer_account.number,
            "counterparty_name": order.payee_name,
            "counterparty_account": order.payee_number,
            "counterparty_code": order.payee_code,
            "bank_serial": entry.bank_serial if entry else row.bank_serial,
            "settlement_method": settlement_method,
            "narrative": entry.narrative if entry else "",
            "order_no": order.order_no,
            "erp_doc_no": order.erp_doc_no,
            "order_subject": order.gl_subject,
            "cash_flow_item": order.cash_flow_item,
            "purpose": order.purpose,
            "bank_ref": row.bank_ref,
        },
        account_id=row.payer_account_id,
        account_subject=row.payer_account.gl_subject,
        currency=row.currency,
        source_kind=SOURCE,
        source_id=str(row.pk),
        evidence=(("statements.statemententry", str(entry.pk)),) if entry else (),
    )


def _mark(rows: Sequence[PaymentInstruction], status: str) -> None:
    if rows:
        PaymentInstruction.objects.filter(pk__in=[row.pk for row in rows]).update(
            voucher_status=status, updated_at=clock.now()
        )


@transaction.atomic(durable=True)
def book_paid() -> int:
    """Book payments that succeeded and are matched with their debit, where the company's strategy says so; how many.

    One whose strategy says no is marked so and not asked about again; one that cannot be booked opens a case.
    """
    rows = _locked(recon_status="matched", voucher_status=NONE, state__in=(S.SUCCEEDED, S.RETURNED))
    if not rows:
        return 0
    entries = _entries(rows, DebitTie.Role.DEBIT)
    decided: dict[date, Decided] = {}
    facts: dict[int, BookFact] = {}
    by_status: dict[str, list[PaymentInstruction]] = defaultdict(list)
    for row in rows:
        entry = entries.get(row.pk)
        day = _day(row, entry)
        if day not in decided:
            decided[day] = Strategies(day).on(day)
        rule, _version = decided[day].of(Booking, row.company, row.payer_account.gl_subject)
        if rule.books_payments:
            facts[row.pk] = _fact(row, entry, rule.settlement_method)
        else:
            by_status[OFF].append(row)
    booked = {int(one.fact.source_id): one for one in posting.post(list(facts.values()))}
    for row in rows:
        if row.pk in booked:
            by_status[_status(booked[row.pk])].append(row)
    for status, some in by_status.items():
        _mark(some, status)
    _tell(by_status[EXCEPTION], booked)
    desk.close_cases(
        kinds=[FAILED],
        subject_kind=SOURCE,
        subject_ids=[row.pk for row in by_status[POSTED]],
        outcome="已记账",
    )
    return len(by_status[POSTED])


def _status(one: Booked) -> str:
    if one.error is not None:
        return EXCEPTION
    return OFF if one.voucher is None else POSTED


def _tell(rows: Sequence[PaymentInstruction], booked: dict[int, Booked]) -> None:
    desk.open_cases(
        [
            NewCase(
                kind=FAILED,
                subject_kind=SOURCE,
                subject_id=row.pk,
                company_id=row.company_id,
                title=f"付款 {row.order.order_no} 未能自动记账",
                reason=getattr(booked[row.pk].error, "message", ""),
                next_step="修正凭证模板、科目或会计期间；系统每小时重试一次",
                owner_role="recon_accountant",
            )
            for row in rows
        ]
    )


@transaction.atomic(durable=True)
def book_returned() -> int:
    """Reverse the vouchers of payments that came back, under the serial of the returning credit; how many."""
    rows = _locked(state=S.RETURNED, voucher_status__in=(POSTED, ACKED))
    if not rows:
        return 0
    credits = _entries(rows, DebitTie.Role.RETURN)
    vouchers = {
        int(one.source_id): one
        for one in ledger.vouchers_of(SOURCE, [row.pk for row in rows]).select_for_update()
        if not one.is_red
    }
    undoings = []
    for row in rows:
        credit = credits.get(row.pk)
        serial = credit.bank_serial if credit else ""
        why = f"退票 {row.instr_no}"
        undoings.append(Undoing(vouchers[row.pk], _day(row, credit), why, bill_no=serial))
    posting.reverse(undoings)
    _mark(rows, REVERSED)
    return len(rows)


@transaction.atomic(durable=True)
def retry_failed() -> int:
    """Let the next tick try once more what could not be booked an hour ago; how many."""
    stale = PaymentInstruction.objects.filter(
        voucher_status=EXCEPTION, updated_at__lt=clock.now() - RETRY_AFTER
    )
    return stale.update(voucher_status=NONE)


@transaction.atomic(durable=True)
def follow_acknowledged() -> int:
    """Payments whose vouchers the ERP took say so too; how many changed."""
    taken = ledger.acknowledged_sources(SOURCE, since=clock.now() - FOLLOWED)
    rows = PaymentInstruction.objects.filter(
        pk__in=[int(one) for one in taken], voucher_status=POSTED
    )
    return rows.update(voucher_status=ACKED, updated_at=clock.now())


def keep_books() -> None:
    """One tick: everything that waits, a batch a transaction."""
    retry_failed()
    while book_paid() == BATCH:
        pass
    while book_returned() == BATCH:
        pass
    follow_acknowledged()
