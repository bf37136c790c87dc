"""Statement evidence: each payment tied to its debit, contradictions disputed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q

from audit import services as audit
from kernel import clock
from masterdata.services import accounts
from payments import selectors
from payments.models import DebitTie, PaymentInstruction, PaymentOrder
from payments.services.alarms import alarm, settle
from payments.services.outside import tie_outside
from payments.services.writing import Change, show, write
from payments.states import OPEN_AT_BANK, InstructionState
from statements import selectors as statements

S = InstructionState
RETURN_HORIZON_DAYS = 30


def freeze(instruction: PaymentInstruction, *, why: str) -> None:
    """Stop outbound payments of the account: somebody must look first."""
    accounts.freeze_account(account_id=instruction.payer_account_id, why=why[:200])


def dispute(row: PaymentInstruction, *, why: str) -> None:
    """Two pieces of evidence contradict: DISPUTED, the account frozen, somebody called. Row and order are locked.

    Where a later attempt is live the old one keeps its state, for an order has one live instruction: an incident then.
    """
    before = row.state
    if before == S.FAILED and selectors.live_instructions([row.order_id]):
        freeze(row, why=f"指令 {row.instr_no} 与其后的重付可能都已付款：{why}")
        _exception(
            row,
            kind="payments.instruction.paid_twice",
            title=f"指令 {row.instr_no} 与其后的重付可能都已付款，账户已冻结",
            why=why,
        )
        return
    write([Change(row, S.DISPUTED, final_at=row.final_at)], move="dispute")
    show([row.pk])
    freeze(row, why=f"指令 {row.instr_no} 状态存疑：{why}")
    audit.record(
        "payments.instruction.disputed",
        actor=None,
        subject=row,
        before={"state": before},
        after={"state": S.DISPUTED},
        why=why,
    )
    alarm(
        kind="payments.disputed",
        subject=row,
        title=f"指令 {row.instr_no} 状态存疑，付款账户已冻结",
        details={"原因": why},
        next_step="由两人核对银行凭证后裁定",
    )


@transaction.atomic(durable=True)
def tie_entries(*, account_id: int, entry_ids: Sequence[int]) -> int:
    """Tie new statement entries of an account to our payments (DOMAIN §3.9 R1, R3, R4, R6–R8); returns ties made.

    R1 success + debit: matched. R3 open + our debit: succeeded. R4 failed or cancelled + debit: disputed, frozen.
    R6 a second debit: incident, frozen. R7 another amount: exception. R8 a credit that mirrors a success: returned.
    """
    tied = set(DebitTie.objects.filter(entry_id__in=entry_ids).values_list("entry_id", flat=True))
    entries = [
        e
        for e in statements.entries_in_force(entry_ids)
        if e.pk not in tied and e.account_id == account_id
    ]
    candidates = _candidates(account_id, entries)
    behind = PaymentOrder.objects.filter(pk__in=[row.order_id for row in candidates]).order_by("pk")
    list(
        behind.select_for_update(no_key=True).values_list("pk")
    )  # in one order: no deadlock with answers
    made, others = 0, []
    for entry in sorted(entries, key=lambda one: (one.booked_at, one.pk)):
        row = _ours(entry, candidates)
        if row is None:
            others.append(entry)
            continue
        locked = selectors.lock_instruction(row.pk)
        is_tied = _debit(locked, entry) if entry.direction == "debit" else _credit(locked, entry)
        made += is_tied
    return made + tie_outside(others)


def _candidates(account_id: int, entries: Sequence[Any]) -> list[PaymentInstruction]:
    references = {e.reference for e in entries if e.reference}
    serials = {e.bank_serial for e in entries if e.bank_serial}
    amounts = {e.amount for e in entries}
    if not entries:
        return []
    since = min(entry.booked_at for entry in entries) - timedelta(days=RETURN_HORIZON_DAYS + 1)
    rows = PaymentInstruction.objects.filter(
        Q(bank_ref__in=references)
        | Q(bank_serial__in=serials)
        | Q(order__amount__in=amounts, sent_at__gte=since),
        payer_account_id=account_id,
        sent_at__isnull=False,
    )
    return list(rows.select_related("order").defer("sealed", "seal").order_by("pk"))


def _ours(entry: Any, candidates: Sequence[PaymentInstruction]) -> PaymentInstruction | None:
    """The one instruction an entry speaks of: by our reference, else by the bank's serial, else by payee and amount."""
    if entry.reference:
        found = [row for row in candidates if row.bank_ref == entry.reference]
        if found:
            return found[0]
    if entry.bank_serial:
        found = [
            row
            for row in candidates
            if row.bank_serial == entry.bank_serial and row.amount == entry.amount
        ]
        if len(found) == 1:
            return found[0]
    if entry.reference:
        return None  # it names a payment that is not ours (R5)
    is_debit = entry.direction == "debit"
    role = DebitTie.Role.DEBIT if is_debit else DebitTie.Role.RETURN
    day = entry.bank_date
    alike = [
        row
        for row in candidates
        if row.amount == entry.amount
        and row.order.payee_number == entry.counterparty_account
        and row.sent_at is not None
        and timedelta(0)
        <= day - row.sent_at.astimezone(clock.SHANGHAI).date()
        <= timedelta(days=RETURN_HORIZON_DAYS)
        and row.state == S.SUCCEEDED
    ]
    taken = set(
        DebitTie.objects.filter(instruction__in=alike, role=role).values_list(
            "instruction_id", flat=True
        )
    )
    free = [row for row in alike if row.pk not in taken]
    return free[0] if len(free) == 1 else None


def _tie(row: PaymentInstruction, entry: Any, role: str, rule: str) -> None:
    evidence = {
        "reference": entry.reference,
        "bank_serial": entry.bank_serial,
        "amount": f"{entry.amount:.2f}",
    }
    DebitTie.objects.create(
        instruction=row, entry_id=entry.pk, role=role, rule=rule, evidence=evidence
    )
    audit.record(
        "payments.instruction.tied",
        actor=None,
        subject=row,
        after={
            "role": role,
            "rule": rule,
            "entry_id": entry.pk,
            "digest": entry.digest,
            **evidence,
        },
    )


def _exception(row: PaymentInstruction, *, kind: str, title: str, why: str) -> None:
    PaymentInstruction.objects.filter(pk=row.pk).update(recon_status="exception")
    audit.record(kind, actor=None, subject=row, after={"recon_status": "exception"}, why=why)
    alarm(kind=kind, subject=row, title=title, details={"原因": why})


def _debit(row: PaymentInstruction, entry: Any) -> bool:
    if entry.amount != row.amount:
        _exception(
            row,
            kind="payments.instruction.amount_differs",
            title=f"指令 {row.instr_no} 扣款金额不符（R7）",
            why=f"指令 {row.amount}，对账单 {entry.amount}",
        )
        return False
    if selectors.has_debit_tie(row.pk):
        if _is_amended(row, entry):
            return False  # the bank worded its one debit anew
        freeze(row, why=f"指令 {row.instr_no} 出现第二笔扣款（R6）")
        _exception(
            row,
            kind="payments.instruction.debited_twice",
            title=f"指令 {row.instr_no} 出现第二笔扣款，账户已冻结（R6）",
            why=f"对账单流水 {entry.bank_serial}",
        )
        return False
    if row.state in (S.SENDING, S.QUEUED, S.HELD, S.DISPUTED):
        return False  # its own answer or its adjudication comes first; the entry is tied at the next run
    rule = {S.SUCCEEDED: "R1", S.RETURNED: "R1"}.get(InstructionState(row.state), "R4")
    if row.state in OPEN_AT_BANK:
        rule = "R3"
        before = row.state
        write(
            [Change(row, S.SUCCEEDED, bank_serial=entry.bank_serial, final_at=clock.now())],
            move="succeed",
        )
        show([row.pk])
        _note("payments.instruction.proved", row, before, f"对账单扣款 {entry.bank_serial}（R3）")
        settle(kind="payments.open_too_long", subject=row, outcome="succeeded")
        settle(kind="payments.not_found", subject=row, outcome="succeeded")
    _tie(row, entry, DebitTie.Role.DEBIT, rule)
    if rule == "R4":
        why = f"结果为 {row.state}，但对账单有扣款 {entry.bank_serial}（R4）"
        if row.state == S.FAILED:
            dispute(row, why=why)
        else:
            freeze(row, why=why)
            _exception(row, kind="payments.instruction.cancelled_but_debited", title=why, why=why)
        return True
    PaymentInstruction.objects.filter(pk=row.pk).update(recon_status="matched")
    return True


def _is_amended(row: PaymentInstruction, entry: Any) -> bool:
    versions = statements.revisions_of(entry).values_list("pk", flat=True)
    return row.ties.filter(role=DebitTie.Role.DEBIT, entry_id__in=list(versions)).exists()


def _note(event: str, row: PaymentInstruction, before: str, why: str) -> None:
    audit.record(
        event,
        actor=None,
        subject=row,
        before={"state": before},
        after={"state": row.state},
        why=why,
    )


def _credit(row: PaymentInstruction, entry: Any) -> bool:
    if row.state != S.SUCCEEDED or entry.amount != row.amount:
        return False
    proven = entry.reference == row.bank_ref or (
        entry.bank_serial and entry.bank_serial == row.bank_serial
    )
    if not proven:
        alarm(
            kind="payments.return_candidate",
            subject=row,
            title=f"指令 {row.instr_no} 疑似退票（R8）",
            details={"贷记流水": entry.bank_serial, "金额": f"{entry.amount:,.2f}"},
            next_step="核对后由两人裁定为退票",
        )
        return False
    before = row.state
    write([Change(row, S.RETURNED, final_at=clock.now())], move="return")
    show([row.pk])
    _tie(row, entry, DebitTie.Role.RETURN, "R8")
    _note("payments.instruction.returned", row, before, f"对账单退回 {entry.bank_serial}（R8）")
    return True
