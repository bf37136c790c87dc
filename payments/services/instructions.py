"""From the queue to the bank and back: claim under a lease, record what the bank said, never send twice.

The bank bridge calls these; no transaction is open while it talks to a bank. A result whose fence is stale changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import connection, transaction
from django.db.models import Q

from kernel import clock
from kernel.errors import InvariantBroken
from kernel.references import make_reference
from masterdata import selectors as masterdata
from payments import selectors
from payments.content import MONEY_FIELDS
from payments.inforce import InForce
from payments.inquiry import first_inquiry_at
from payments.models import Batch, PaymentInstruction, PaymentOrder
from payments.outcomes import ClaimedBatch, ReportedOutcome, SealedInstruction
from payments.routing import RouteRules
from payments.services.alarms import alarm
from payments.services.inquiries import due_inquiries, record_inquiry, record_inquiry_failure
from payments.services.losing import finish, lost
from payments.services.sealing import require_able_to_verify, unable_to_verify
from payments.services.vetting import sendable
from payments.services.writing import Change, show, write
from payments.states import InstructionState
from payments.topics import BankProduct, BatchSize, GoLive, SendWindow
from payments.trail import Wire, record_batch

__all__ = [
    "claim_batches",
    "due_inquiries",
    "hand_back",
    "lose",
    "reap",
    "record_inquiry",
    "record_inquiry_failure",
    "record_outcomes",
    "unable_to_verify",
]

ITEMS_MAX = 100
SEND_TOPICS = (GoLive, BankProduct, SendWindow, BatchSize, RouteRules)  # obeyed at sending
S = InstructionState
# A fate of the answer to a payment → the moves it makes. `returned` at once is success and return in one transaction.
_MOVES: dict[str, tuple[str, ...]] = {
    "accepted": ("accept",),
    "processing": ("accept",),
    "manual_handling": ("handle_manually",),
    "succeeded": ("succeed",),
    "failed": ("fail",),
    "returned": ("succeed", "return"),
}


@dataclass(frozen=True)
class Group:
    """What the items of one batch share."""

    payer_account_id: int
    currency: str
    operation: str


# What the seal is compared with, and what the moves need: an item is read in hundreds, so nothing else is.
_COLUMNS = (
    *("order_id", "company_id", "payer_account_id", "connection_id", "attempt", "instr_no"),
    *("bank_ref", "operation", "state", "version", "content_hash", "sealed", "seal"),
    *("route_requested", "currency"),
    *(f"order__{name}" for name in MONEY_FIELDS),
    *("order__content_hash", "order__state", "order__instruction_id", "order__approval_id"),
)


def _ready(connection_id: int, now: datetime) -> Q:
    return Q(
        Q(not_before__isnull=True) | Q(not_before__lte=now),
        connection_id=connection_id,
        state=S.QUEUED,
        connection__is_frozen=False,
        connection__is_active=True,
        payer_account__is_frozen=False,
        payer_account__is_direct_link=True,
        payer_account__is_active=True,
    )


def claim_batches(*, connection_id: int, limit: int, lease_s: int) -> list[ClaimedBatch]:
    """Claim up to `limit` batches of this connection, each in its own committed transaction before any byte may leave.

    A batch has at most 100 items and at most the bank's own limit. A broken seal, and what its people did not sign, is held
    with an alarm and never sent. Nothing is claimed while the outbound gate is closed.

    Raises KeysAbsent, TrustAbsent in a process that cannot tell good from bad.
    """
    require_able_to_verify()
    claimed = []
    for _ in range(limit):
        batch, is_more = _claim_one(connection_id=connection_id, lease_s=lease_s)
        if batch is not None:
            claimed.append(batch)
        if not is_more:
            break
    return claimed


@transaction.atomic(durable=True)
def _claim_one(*, connection_id: int, lease_s: int) -> tuple[ClaimedBatch | None, bool]:
    now, gate = clock.now(), masterdata.outbound_gate()
    if not gate.is_open:
        return None, False
    queue = PaymentInstruction.objects.filter(_ready(connection_id, now)).order_by("id")
    head = (
        queue.select_related("connection", "payer_account", "payer_account__company")
        .defer("sealed", "seal")
        .first()
    )
    if head is None:
        return None, False
    group = Group(head.payer_account_id, head.currency, head.operation)
    rules = InForce()
    most = _items_max(head, rules)
    rows = list(
        queue.filter(
            payer_account_id=group.payer_account_id,
            currency=group.currency,
            operation=group.operation,
        )
        .select_for_update(of=("self", "order"), skip_locked=True, no_key=True)
        .select_related("order")
        .only(*_COLUMNS)[:most]
    )
    # One account for all, read with the head; an order that names another differs from its seal.
    for row in rows:
        if row.order.payer_account_id == group.payer_account_id:
            row.order.payer_account = head.payer_account
    if not rows:
        return None, False  # another worker has them
    sealed = sendable(rows, head.payer_account, now=now, rules=rules)
    if not sealed:
        return None, True
    batch_no = make_reference(
        "B", epoch=gate.epoch, sequence=selectors.numbers("batch_no_seq", count=1)[0]
    )
    return _send(head, batch_no, sealed, now=now, lease_s=lease_s, rules=rules), True


def _items_max(head: PaymentInstruction, rules: InForce) -> int:
    """How many items one message takes: the house's, the bank's and the product's limit, whichever is least."""
    ours = rules.value(BatchSize, head.payer_account).items_max
    banks = masterdata.bank_profile(head.connection.bank_slug).items_max
    return min(ITEMS_MAX, ours, banks, 1 if head.operation == "pay" else ITEMS_MAX)


_CLAIM = """
    UPDATE payments_paymentinstruction
    SET state = 'sending', fence = fence + 1, lease_until = %s, sent_at = %s, batch_id = %s,
        send_attempts = send_attempts + 1, version = version + 1, updated_at = %s
    WHERE id = ANY(%s) AND state = 'queued'
    RETURNING id, fence
"""


def _send(
    head: PaymentInstruction,
    batch_no: str,
    sealed: Sequence[SealedInstruction],
    *,
    now: datetime,
    lease_s: int,
    rules: InForce,
) -> ClaimedBatch:
    ids = [item.instruction_id for item in sealed]
    batch = Batch.objects.create(
        batch_no=batch_no,
        company_id=head.company_id,
        connection_id=head.connection_id,
        payer_account_id=head.payer_account_id,
        operation=head.operation,
        currency=head.currency,
        item_count=len(sealed),
        amount=sum((item.amount for item in sealed), Decimal(0)),
        sent_at=now,
        met=rules.met(head.payer_account, *SEND_TOPICS),
    )
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [now + timedelta(seconds=lease_s), now, batch.pk, now, ids])
        fences = {int(pk): int(fence) for pk, fence in cursor.fetchall()}
    if set(fences) != set(ids):
        raise InvariantBroken("a locked instruction left the queue")
    show(ids)
    told = {
        item.instr_no: {"state": S.SENDING, "fence": fences[item.instruction_id]} for item in sealed
    }
    record_batch("payments.batch.claimed", batch, told, before=S.QUEUED)
    return ClaimedBatch(
        batch_id=batch.pk,
        batch_no=batch.batch_no,
        fence=max(fences.values()),
        connection_id=head.connection_id,
        operation=head.operation,
        instructions=tuple(sealed),
        fences=fences,
        company_id=head.company_id,
    )


_ANSWERED = (
    *("order_id", "company_id", "batch_id", "instr_no", "bank_ref", "state", "version"),
    "order__amount",
    *("fence", "send_attempts"),
)


def _locked(claim: ClaimedBatch) -> list[PaymentInstruction]:
    """The items of a claim that are still its own, orders locked first; a stale claim has none."""
    ids = list(claim.fences)
    orders = PaymentOrder.objects.filter(pk__in=[item.order_id for item in claim.instructions])
    list(orders.select_for_update(no_key=True).order_by("pk").values_list("pk"))
    rows = PaymentInstruction.objects.filter(pk__in=ids, state=S.SENDING, batch_id=claim.batch_id)
    locked = rows.select_related("order").select_for_update(of=("self",), no_key=True)
    locked = locked.only(*_ANSWERED).order_by("pk")
    return [row for row in locked if claim.fences[row.pk] == row.fence]


@transaction.atomic(durable=True)
def record_outcomes(
    *, claim: ClaimedBatch, outcomes: Sequence[ReportedOutcome], wire: Wire = ()
) -> int:
    """Apply the bank's answer to a batch; returns how many items it decided. Zero for a stale claim.

    An item the bank did not mention, a fate we do not know, a wrong echo, or two words on one item: UNKNOWN.
    """
    rows = _locked(claim)
    said: dict[str, list[ReportedOutcome]] = {}
    for outcome in outcomes:
        said.setdefault(outcome.bank_ref, []).append(outcome)
    now = clock.now()
    groups: dict[tuple[str, ...], list[Change]] = {}
    for row in rows:
        moves, change = _judged(row, said.get(row.bank_ref, []), now)
        groups.setdefault(moves, []).append(change)
    for moves, changes in groups.items():
        for name in moves:
            write(changes, move=name)
    show([row.pk for row in rows])
    told = {one.row.instr_no: one.told() for group in groups.values() for one in group}
    if told:
        batch = _batch_of(claim, rows)
        record_batch("payments.batch.answered", batch, told, before=S.SENDING, wire=wire)
    return len(rows)


def _batch_of(claim: ClaimedBatch, rows: Sequence[PaymentInstruction]) -> Batch:
    return Batch(pk=claim.batch_id, company_id=rows[0].company_id)


def _judged(
    row: PaymentInstruction, said: Sequence[ReportedOutcome], now: datetime
) -> tuple[tuple[str, ...], Change]:
    if len(said) != 1:
        why = "银行应答未包含此笔" if not said else "银行应答对此笔给出多个结果"
        return ("lose",), lost(row, why, now)
    outcome = said[0]
    moves = _MOVES.get(outcome.fate)
    if moves is None or outcome.not_found:
        return ("lose",), lost(
            row, f"银行返回无法判定的结果 {outcome.code} {outcome.text}", now, outcome
        )
    if outcome.amount is not None and outcome.amount != row.amount:
        alarm(
            kind="payments.wrong_echo",
            subject=row,
            title=f"指令 {row.instr_no} 银行回显金额不符",
            details={"ours": str(row.amount), "echo": str(outcome.amount)},
        )
        return ("lose",), lost(row, "银行回显金额与指令不符", now, outcome)
    target = row.state
    for name in moves:
        target = row.flow.target(name, target)
    is_open = target in (S.ACCEPTED, S.MANUAL_HANDLING)
    return moves, Change(
        row,
        target,
        bank_serial=outcome.bank_serial,
        bank_code=outcome.code,
        bank_text=outcome.text,
        next_inquiry_at=first_inquiry_at(target, now) if is_open else None,
        final_at=None if is_open else now,
    )


@transaction.atomic(durable=True)
def hand_back(*, claim: ClaimedBatch, why: str) -> int:
    """SENDING → QUEUED: provably no byte of the payment left. Returns how many items; zero for a stale claim.

    The same number goes out again, not before a pause that grows with the attempts (1 s doubling to 5 min).
    """
    rows = _locked(claim)
    now = clock.now()
    changes = [
        Change(
            row,
            S.QUEUED,
            not_before=now + timedelta(seconds=min(300, 2 ** min(row.send_attempts, 9))),
        )
        for row in rows
    ]
    write(changes, move="hand_back")
    finish("payments.instruction.handed_back", rows, changes, why[:500])
    return len(rows)


@transaction.atomic(durable=True)
def lose(*, claim: ClaimedBatch, why: str, wire: Wire = ()) -> int:
    """SENDING → UNKNOWN: a byte left and no trustworthy answer came. Returns how many items; zero for a stale claim."""
    rows = _locked(claim)
    now = clock.now()
    changes = [lost(row, why, now) for row in rows]
    write(changes, move="lose")
    finish("payments.instruction.lost", rows, changes, wire=wire)
    return len(rows)


@transaction.atomic(durable=True)
def reap(*, now: datetime, limit: int = 1000) -> int:
    """SENDING with an expired lease → UNKNOWN: whoever held it may have died after the first byte. Returns how many.

    The fence rises, so that a holder who was only slow finds its claim stale.
    """
    rows = list(
        PaymentInstruction.objects.filter(state=S.SENDING, lease_until__lt=now)
        .select_for_update(of=("self", "order"), skip_locked=True, no_key=True)
        .select_related("order")
        .order_by("id")[:limit]
    )
    changes = [lost(row, "发送进程中断，租约到期", now) for row in rows]
    write(changes, move="lose", fence_step=1)
    finish("payments.instruction.reaped", rows, changes)
    return len(rows)
