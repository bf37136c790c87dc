"""Asking: whose turn it is, and what an answer may change. An answer never lowers a rank, and asking never stops."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from django.db import connection, transaction

from kernel import clock
from kernel.errors import NotFound
from masterdata import selectors as masterdata
from payments.inquiry import NOT_FOUND_COUNT, counts_as_not_found, due_alarms, pause_s
from payments.models import Batch, PaymentInstruction, PaymentOrder
from payments.outcomes import DueInquiry, ReportedOutcome
from payments.services.alarms import alarm, settle_many
from payments.services.evidence import dispute
from payments.services.proof import debit_seen, is_statement_told
from payments.services.writing import Change, show, write
from payments.states import INSTRUCTION, OPEN_AT_BANK, InstructionState
from payments.trail import Wire, record_batch

log = structlog.get_logger(__name__)
S = InstructionState
_MOVES: dict[str, tuple[str, ...]] = {
    "accepted": ("accept",),
    "processing": ("accept",),
    "manual_handling": ("handle_manually",),
    "unknown": ("doubt",),
    "succeeded": ("succeed",),
    "failed": ("fail",),
    "returned": ("succeed", "return"),
}


Manners = tuple[int, int, bool]


def _profile_values(slug: str) -> Manners:
    """(min interval s, visibility delay s, not found is final) of a bank; the cautious ones where nothing is declared."""
    try:
        profile = masterdata.bank_profile(slug)
    except NotFound:
        return 0, 0, False
    return profile.min_inquiry_interval_s, profile.visibility_delay_s, profile.not_found_is_final


_ASKED = """
    UPDATE payments_paymentinstruction i
    SET last_inquiry_at = %s, inquiries = i.inquiries + 1, next_inquiry_at = v.next, age_alarm = v.alarm
    FROM unnest(%s::bigint[], %s::timestamptz[], %s::smallint[]) AS v(id, next, alarm)
    WHERE i.id = v.id
"""


@transaction.atomic(durable=True)
def due_inquiries(*, connection_id: int, limit: int) -> list[DueInquiry]:
    """Payments whose turn it is, oldest first; each is claimed by pushing its next turn on (DOMAIN §3.3 back-off)."""
    now = clock.now()
    rows = list(
        PaymentInstruction.objects.filter(
            connection_id=connection_id, state__in=OPEN_AT_BANK, next_inquiry_at__lte=now
        )
        .select_for_update(of=("self",), skip_locked=True, no_key=True)
        .select_related("connection", "batch", "payer_account", "order")
        .defer("sealed", "seal")
        .order_by("next_inquiry_at", "id")[:limit]
    )
    if not rows:
        return []
    interval, _, _ = _profile_values(rows[0].connection.bank_slug)
    nexts = []
    for row in rows:
        row.inquiries += 1
        _alarm_age(row, now)
        pause = pause_s(state=row.state, asked=row.inquiries, min_interval_s=interval)
        nexts.append(now + timedelta(seconds=pause))
    with connection.cursor() as cursor:
        ids, alarms = [row.pk for row in rows], [row.age_alarm for row in rows]
        cursor.execute(_ASKED, [now, ids, nexts, alarms])
    return [
        DueInquiry(
            instruction_id=row.pk,
            bank_ref=row.bank_ref,
            bank_serial=row.bank_serial,
            day=(row.sent_at or now).astimezone(clock.SHANGHAI).date(),
            state=row.state,
            operation=row.operation,
            batch_no=row.batch.batch_no if row.batch is not None else "",
            payer_account=row.payer_account.number,
            amount=row.amount,
            currency=row.currency,
        )
        for row in rows
    ]


def _alarm_age(row: PaymentInstruction, now: datetime) -> None:
    since = row.unknown_since if row.state == S.UNKNOWN and row.unknown_since else row.sent_at
    if since is None:
        return
    due = due_alarms(now=now, since=since)
    if due > row.age_alarm:
        row.age_alarm = due
        alarm(
            kind="payments.open_too_long",
            subject=row,
            title=f"指令 {row.instr_no} 已 {('30 分钟', '4 小时', '1 天')[due - 1]}没有最终结果",
            details={"状态": row.state, "原因": row.unknown_why},
            next_step="请电话联系开户行核实，切勿重新付款",
        )


def _locked(instruction_ids: Sequence[int]) -> list[PaymentInstruction]:
    orders = PaymentInstruction.objects.filter(pk__in=instruction_ids).values_list(
        "order_id", flat=True
    )
    locked = PaymentOrder.objects.filter(pk__in=list(orders)).select_for_update(no_key=True)
    list(locked.order_by("pk").values_list("pk"))
    rows = PaymentInstruction.objects.filter(pk__in=instruction_ids).select_for_update(
        of=("self",), no_key=True
    )
    return list(rows.select_related("connection", "order").defer("sealed", "seal").order_by("pk"))


@transaction.atomic(durable=True)
def record_inquiry(
    *,
    connection_id: int,
    outcomes: Sequence[ReportedOutcome],
    asked: Sequence[DueInquiry],
    wire: Wire = (),
) -> int:
    """Apply answers to questions; returns how many states changed.

    Only moves the Flow allows are made; a late, older or repeated answer changes nothing, a contradiction is disputed.
    """
    answers: dict[str, list[ReportedOutcome]] = {}
    for outcome in outcomes:
        answers.setdefault(outcome.bank_ref, []).append(outcome)
    now = clock.now()
    groups: dict[tuple[str, ...], list[Change]] = {}
    rows = _locked([one.instruction_id for one in asked])
    manners = _profile_values(rows[0].connection.bank_slug) if rows else (0, 0, False)
    for row in rows:
        said = answers.get(row.bank_ref, [])
        if row.connection_id != connection_id or len(said) != 1:
            continue
        judged = _judged(row, said[0], now, manners)
        if judged is not None:
            groups.setdefault((row.state, *judged[0]), []).append(judged[1])
    for (_, *moves), changes in groups.items():
        _apply(moves, changes, wire)
    return sum(len(changes) for changes in groups.values())


def _apply(moves: Sequence[str], changes: Sequence[Change], wire: Wire) -> None:
    before = changes[0].row.state
    for name in moves:
        write(changes, move=name)
    show([change.row.pk for change in changes])
    by_batch: dict[int, list[Change]] = {}
    for one in changes:
        by_batch.setdefault(one.row.batch_id or 0, []).append(
            one
        )  # never 0: only sent ones are open
    for batch_id, own in by_batch.items():
        batch = Batch(pk=batch_id, company_id=own[0].row.company_id)
        told = {one.row.instr_no: one.told() for one in own}
        record_batch("payments.batch.inquired", batch, told, before=before, wire=wire)
    ended = [one.row for one in changes if one.final_at is not None]
    for kind in ("payments.open_too_long", "payments.not_found"):
        settle_many(kind=kind, subjects=ended, outcome=changes[0].target)


def _judged(
    row: PaymentInstruction, outcome: ReportedOutcome, now: datetime, manners: Manners
) -> tuple[tuple[str, ...], Change] | None:
    """The moves an answer makes, or None when it makes none."""
    if outcome.amount is not None and outcome.amount != row.amount:
        alarm(
            kind="payments.wrong_echo",
            subject=row,
            title=f"指令 {row.instr_no} 查询回显金额不符",
            details={"ours": str(row.amount), "echo": str(outcome.amount)},
        )
        return None
    if outcome.not_found:
        return _not_found(row, outcome, now, manners)
    moves = _MOVES.get(outcome.fate, ())
    if not moves:
        return None
    if row.state == S.SUCCEEDED and outcome.fate == "returned":
        moves = ("return",)
    if (row.state, outcome.fate) in (
        (S.SUCCEEDED, "failed"),
        (S.FAILED, "succeeded"),
        (S.FAILED, "returned"),
    ):
        dispute(
            row,
            why=f"先前结果为 {row.state}，银行查询又答 {outcome.fate} {outcome.code} {outcome.text}",
        )
        return None
    target = str(row.state)
    for name in moves:
        if not INSTRUCTION.allows(name, target):
            return None
        target = INSTRUCTION.target(name, target)
    if target == S.FAILED and debit_seen(row):
        alarm(
            kind="payments.failed_with_debit",
            subject=row,
            title=f"指令 {row.instr_no} 银行答失败，但对账单有扣款",
            details={"code": outcome.code, "text": outcome.text},
        )
        return None
    return moves, _change(row, target, outcome, now, manners)


def _change(
    row: PaymentInstruction,
    target: str,
    outcome: ReportedOutcome,
    now: datetime,
    manners: Manners,
) -> Change:
    is_open = target in OPEN_AT_BANK
    interval, _, _ = manners
    pause = pause_s(state=target, asked=row.inquiries, min_interval_s=interval)
    return Change(
        row,
        target,
        bank_serial=outcome.bank_serial,
        bank_code=outcome.code,
        bank_text=outcome.text,
        unknown_since=now if target == S.UNKNOWN else None,
        unknown_why=f"银行答结果不明 {outcome.code} {outcome.text}" if target == S.UNKNOWN else "",
        next_inquiry_at=now + timedelta(seconds=pause) if is_open else None,
        final_at=None if is_open else now,
    )


def _not_found(
    row: PaymentInstruction, outcome: ReportedOutcome, now: datetime, manners: Manners
) -> tuple[tuple[str, ...], Change] | None:
    """Count it (three times, 15 minutes apart, late enough); final only where the bank's profile says so."""
    _, visibility, is_final = manners
    if row.state not in OPEN_AT_BANK or row.sent_at is None:
        return None
    if not counts_as_not_found(
        now=now, sent_at=row.sent_at, last=row.last_not_found_at, visibility_s=visibility
    ):
        return None
    row.not_found_count += 1
    PaymentInstruction.objects.filter(pk=row.pk).update(
        not_found_count=row.not_found_count,
        first_not_found_at=row.first_not_found_at or now,
        last_not_found_at=now,
    )
    if row.not_found_count < NOT_FOUND_COUNT or debit_seen(row):
        return None
    if is_final and is_statement_told(row, since=row.first_not_found_at or now):
        return ("fail",), _change(row, S.FAILED, outcome, now, manners)
    alarm(
        kind="payments.not_found",
        subject=row,
        title=f"指令 {row.instr_no} 银行多次答「查无此笔」，需两人裁定",
        details={"次数": str(row.not_found_count), "代码": outcome.code},
        next_step="电话联系开户行核实后，由两人提交并确认裁定",
    )
    return None


def record_inquiry_failure(*, asked: Sequence[DueInquiry], why: str) -> None:
    """A question that got no usable answer changes no state; the next turn is already set."""
    log.warning("inquiry_failed", count=len(asked), why=why[:200])


@transaction.atomic(durable=True)
def ask_now(*, instruction_ids: Sequence[int]) -> int:
    """Let these open payments be asked about at the next tick, unless the bank's minimum interval forbids. Returns how many."""
    now = clock.now()
    rows = PaymentInstruction.objects.filter(pk__in=instruction_ids, state__in=OPEN_AT_BANK)
    count = 0
    for row in rows.select_for_update(of=("self",), no_key=True).select_related("connection"):
        interval, _, _ = _profile_values(row.connection.bank_slug)
        if row.last_inquiry_at is None or now - row.last_inquiry_at >= timedelta(seconds=interval):
            count += PaymentInstruction.objects.filter(pk=row.pk).update(next_inquiry_at=now)
    return count
