"""Every read of payments. Functions without a `scope` are system look-ups and say so."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from decimal import Decimal

from django.db import connection
from django.db.models import Count, Max, Q, QuerySet, Sum

from kernel.errors import NotFound
from kernel.scope import Scope
from payments.linked_rules import WAITS
from payments.models import (
    GAVE_UP_ITS_LINE,
    Adjudication,
    Batch,
    DebitTie,
    ImportSet,
    PaymentInstruction,
    PaymentOrder,
)
from payments.states import TERMINAL, InstructionState, OrderState

# Shown states of an order that will do nothing more.
ENDED = ("succeeded", "failed", "returned", "cancelled", "void")

# The work list of each right: the states its holder has something to do in.
WORKLISTS: dict[str, tuple[str, ...]] = {
    "payments.make": (OrderState.DRAFT, OrderState.REJECTED),
    "payments.check": (OrderState.PENDING_CHECK,),
    "payments.approve": (OrderState.PENDING_APPROVAL,),
    "payments.release": (OrderState.PENDING_RELEASE,),
    "payments.lift_hold": (OrderState.HELD,),
    "payments.adjudicate": (InstructionState.UNKNOWN, InstructionState.DISPUTED),
}


def visible_orders(scope: Scope) -> QuerySet[PaymentOrder]:
    """Orders of the companies the viewer serves, newest first."""
    return PaymentOrder.objects.filter(
        company_id__in=scope.companies_with("payments.view")
    ).order_by("-created_at", "-pk")


def visible_instructions(scope: Scope) -> QuerySet[PaymentInstruction]:
    """Instructions of the companies the viewer serves, newest first; never with the sealed bytes."""
    rows = PaymentInstruction.objects.filter(company_id__in=scope.companies_with("payments.view"))
    return rows.defer("sealed", "seal").order_by("-created_at", "-pk")


def visible_batches(scope: Scope) -> QuerySet[Batch]:
    """Batches of the companies the viewer serves, newest first."""
    return Batch.objects.filter(company_id__in=scope.companies_with("payments.view")).order_by(
        "-created_at", "-pk"
    )


def visible_imports(scope: Scope) -> QuerySet[ImportSet]:
    """Import sets the viewer made, and those holding orders the viewer may see, newest first; never with the file."""
    if scope.is_system:
        return ImportSet.objects.defer("content").order_by("-pk")
    seen = PaymentOrder.objects.filter(company_id__in=scope.companies_with("payments.view"))
    mine = Q(maker_id=scope.actor_id) | Q(
        pk__in=seen.filter(import_set__isnull=False).values("import_set_id")
    )
    return ImportSet.objects.filter(mine).defer("content").order_by("-pk")


def visible_adjudications(scope: Scope) -> QuerySet[Adjudication]:
    """Adjudications of the companies the viewer serves, newest first."""
    rows = Adjudication.objects.filter(company_id__in=scope.companies_with("payments.view"))
    return (
        rows.defer("evidence_file", "instruction__sealed", "instruction__seal")
        .select_related("instruction", "proposed_by", "decided_by")
        .order_by("-pk")
    )


def get_adjudication(adjudication_id: int, *, scope: Scope) -> Adjudication:
    """One adjudication without its file; out of scope looks exactly like absent."""
    found = visible_adjudications(scope).filter(pk=adjudication_id).first()
    if found is None:
        raise NotFound("adjudication", "未找到该裁定")
    return found


def get_order(order_no: str, *, scope: Scope) -> PaymentOrder:
    """An order with what its page shows; out of scope looks exactly like absent."""
    rows = visible_orders(scope).select_related(
        "company",
        "payer_account",
        "payee_account",
        "maker",
        "checker",
        "releaser",
        "instruction",
        "import_set",
    )
    order = rows.filter(order_no=order_no).first()
    if order is None:
        raise NotFound("payment order")
    return order


def order_by_erp_key(
    *, source_system: str, company_id: int, doc_type: str, doc_no: str, line_no: str
) -> PaymentOrder | None:
    """The order of an ERP document line that is neither void nor cancelled. System look-up (intake, duplicates D1)."""
    return (
        PaymentOrder.objects.filter(
            source_system=source_system,
            company_id=company_id,
            erp_doc_type=doc_type,
            erp_doc_no=doc_no,
            erp_line_no=line_no,
        )
        .exclude(GAVE_UP_ITS_LINE)
        .first()
    )


def lock_orders(order_ids: Collection[int], *, scope: Scope) -> dict[int, PaymentOrder]:
    """These orders, locked in the order of their ids until the caller's transaction ends; those out of scope are absent."""
    rows = (
        PaymentOrder.objects.filter(pk__in=order_ids, company_id__in=scope.company_ids)
        .select_for_update(of=("self",), no_key=True)
        .select_related("payer_account__company", "payer_account__connection")
        .select_related("maker", "checker", "company")
        .order_by("pk")
    )
    return {order.pk: order for order in rows}


def lock_order(order_id: int, *, scope: Scope) -> PaymentOrder:
    """The order, locked until the caller's transaction ends; out of scope looks exactly like absent."""
    order = lock_orders([order_id], scope=scope).get(order_id)
    if order is None:
        raise NotFound("payment order")
    return order


def lock_instruction(instruction_id: int) -> PaymentInstruction:
    """The instruction, its order locked first (parents before children). System look-up; raises NotFound."""
    found = (
        PaymentInstruction.objects.filter(pk=instruction_id)
        .values_list("order_id", flat=True)
        .first()
    )
    if found is None:
        raise NotFound("payment instruction")
    PaymentOrder.objects.select_for_update(no_key=True).get(pk=found)
    return PaymentInstruction.objects.select_for_update(no_key=True).get(pk=instruction_id)


def instructions_of(order_id: int, *, scope: Scope) -> QuerySet[PaymentInstruction]:
    """Every attempt of an order, newest first."""
    return (
        visible_instructions(scope)
        .filter(order_id=order_id)
        .select_related("batch")
        .order_by("-attempt")
    )


def states_by_reference(connection_id: int, references: Iterable[str]) -> dict[str, str]:
    """How the payments of these numbers on a connection's wire stand now. System look-up."""
    rows = PaymentInstruction.objects.filter(
        connection_id=connection_id, bank_ref__in=list(references)
    )
    return dict(rows.values_list("bank_ref", "state"))


def ties_of(instruction_ids: Iterable[int]) -> QuerySet[DebitTie]:
    """Statement entries tied to these instructions. System look-up: the caller scoped the instructions."""
    return DebitTie.objects.filter(instruction_id__in=list(instruction_ids)).order_by("pk")


def has_debit_tie(instruction_id: int) -> bool:
    """Whether a statement entry is tied to the instruction as its debit. System look-up."""
    return DebitTie.objects.filter(instruction_id=instruction_id, role=DebitTie.Role.DEBIT).exists()


def last_attempts(order_ids: Collection[int]) -> dict[int, int]:
    """The highest attempt number of each order that has any. System look-up."""
    rows = PaymentInstruction.objects.filter(order_id__in=order_ids).values("order_id")
    return {row["order_id"]: row["last"] for row in rows.annotate(last=Max("attempt"))}


def live_instructions(order_ids: Collection[int]) -> set[int]:
    """Ids of those orders that have a live instruction. System look-up."""
    dead = [InstructionState.FAILED, InstructionState.RETURNED, InstructionState.CANCELLED]
    rows = PaymentInstruction.objects.filter(order_id__in=order_ids).exclude(state__in=dead)
    return set(rows.values_list("order_id", flat=True))


def reserved(account_id: int, *, since: datetime | None) -> Decimal:
    """What released payments of an account still claim of it: all open ones, and those paid after `since`.

    `since` is the moment the balance was fetched; a payment settled later is not in that figure yet. System look-up.
    """
    open_ones = Q(final_at__isnull=True)
    if since is not None:
        open_ones |= Q(state=InstructionState.SUCCEEDED, final_at__gte=since)
    rows = PaymentInstruction.objects.filter(open_ones, payer_account_id=account_id)
    # A leg that waits for its funding claims the money that is to come, not what is there.
    rows = rows.exclude(state=InstructionState.HELD, hold_reason__startswith=WAITS)
    total = rows.aggregate(total=Sum("order__amount"))["total"]
    return total if total is not None else Decimal("0.00")


def counts_by_state(scope: Scope) -> dict[str, int]:
    """How many orders the viewer sees in each shown state."""
    rows = visible_orders(scope).order_by().values("shown_state").annotate(count=Count("pk"))
    return {row["shown_state"]: row["count"] for row in rows}


def worklist(right: str, *, scope: Scope) -> QuerySet[PaymentOrder]:
    """Orders that wait for the holder of `right`, oldest first; own orders are not offered for a second act."""
    rows = PaymentOrder.objects.filter(
        company_id__in=scope.companies_with(right), shown_state__in=WORKLISTS[right]
    ).select_related("company", "payer_account", "payee_account", "maker", "checker")
    if right in ("payments.check", "payments.approve", "payments.release"):
        rows = rows.exclude(maker__person_key=scope.person_key)
    if right in ("payments.approve", "payments.release"):
        rows = rows.exclude(checker__person_key=scope.person_key)
    if right == "payments.approve":
        rows = rows.filter(_mine_to_approve(scope))
    return rows.order_by("created_at", "pk")


def _mine_to_approve(scope: Scope) -> Q:
    """Orders whose next approval is for one of the viewer's duties in their company, or for any approver."""
    mine = Q(next_roles=[])
    for role, companies in scope.roles.items():
        mine |= Q(company_id__in=companies, next_roles__contains=[role])
    return mine


def worklist_counts(scope: Scope) -> dict[str, int]:
    """How many orders wait for the viewer, by right; rights the viewer lacks are absent."""
    return {right: worklist(right, scope=scope).count() for right in WORKLISTS if scope.has(right)}


def batch_states(batch_ids: Collection[int]) -> dict[int, dict[str, int]]:
    """Items of each batch by state. System look-up: the caller scoped the batches."""
    rows = PaymentInstruction.objects.filter(batch_id__in=batch_ids).values("batch_id", "state")
    counted: dict[int, dict[str, int]] = {pk: {} for pk in batch_ids}
    for row in rows.annotate(count=Count("pk")):
        counted[row["batch_id"]][row["state"]] = row["count"]
    return counted


def batch_view(states: dict[str, int]) -> str:
    """What a batch shows (DOMAIN §3.4): open, all_succeeded, all_failed or partial."""
    if any(state not in TERMINAL for state in states):
        return "open"
    if set(states) == {InstructionState.SUCCEEDED}:
        return "all_succeeded"
    if InstructionState.SUCCEEDED not in states:
        return "all_failed"
    return "partial"


def next_due(scope: Scope) -> datetime | None:
    """The next moment anything of these companies is due: a waiting instruction, a lease, or an inquiry."""
    rows = PaymentInstruction.objects.filter(company_id__in=scope.company_ids)
    dues = [
        rows.filter(
            state=InstructionState.QUEUED,
            payer_account__is_frozen=False,
            connection__is_frozen=False,
        )
        .order_by("not_before")
        .values_list("not_before", flat=True)
        .first(),
        rows.filter(next_inquiry_at__isnull=False, final_at__isnull=True)
        .order_by("next_inquiry_at")
        .values_list("next_inquiry_at", flat=True)
        .first(),
        rows.filter(state=InstructionState.SENDING)
        .order_by("lease_until")
        .values_list("lease_until", flat=True)
        .first(),
    ]
    known = [due for due in dues if due is not None]
    return min(known) if known else None


def orders_by_id(order_ids: Collection[int]) -> list[PaymentOrder]:
    """These orders, oldest first. System look-up: the caller scoped what they belong to."""
    return list(PaymentOrder.objects.filter(pk__in=order_ids).order_by("pk"))


def shown_states(order_ids: Collection[int]) -> dict[int, str]:
    """What each of these orders shows. System look-up: the caller scoped what they belong to."""
    rows = PaymentOrder.objects.filter(pk__in=order_ids)
    return dict(rows.values_list("pk", "shown_state"))


def given_up(order_ids: Collection[int]) -> set[int]:
    """Those of these orders that will never pay: void or cancelled, and not paid outside either. One that failed or came back
    may still be paid again. System look-up: the caller scoped what they belong to."""
    rows = PaymentOrder.objects.filter(GAVE_UP_ITS_LINE, pk__in=order_ids)
    return set(rows.values_list("pk", flat=True))


def numbers(sequence: str, *, count: int) -> list[int]:
    """`count` fresh values of one of our sequences (order_no_seq, instr_no_seq, batch_no_seq), never given twice."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(%s::regclass) FROM generate_series(1, %s)", [sequence, count]
        )
        return [int(row[0]) for row in cursor.fetchall()]


NUMBERED_MAX = 50


def orders_numbered(number: str) -> list[int]:
    """Ids of orders by their number, their document's, an instruction's of any attempt, or the bank's. System look-up: the caller
    narrows them to what the viewer may see. Each kind of number is sought by itself: together none would use its index."""
    orders = [
        PaymentOrder.objects.filter(order_no=number),
        PaymentOrder.objects.filter(erp_doc_no=number),
    ]
    sent = [
        PaymentInstruction.objects.filter(instr_no=number),
        PaymentInstruction.objects.filter(Q(bank_serial=number) | Q(bank_ref=number)),
    ]
    found: dict[int, None] = {}
    for rows, column in (*((one, "pk") for one in orders), *((one, "order_id") for one in sent)):
        ids = rows.order_by("-pk").values_list(column, flat=True)[:NUMBERED_MAX]
        found.update(dict.fromkeys(ids))
    return list(found)
