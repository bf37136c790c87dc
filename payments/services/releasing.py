"""The last checks before money, and the instruction itself: numbered, sealed, queued."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import connection

from audit import services as audit
from kernel import clock, seal, vault
from kernel.errors import Conflict, DomainError, Finding
from kernel.references import bank_reference, make_instr_no
from masterdata import selectors as masterdata
from payments import checks, payee_facts, routing, selectors
from payments.funds import of_account
from payments.inforce import InForce
from payments.models import PaymentInstruction, PaymentOrder
from payments.services import linked
from payments.services.sealing import instruction_bytes, seal_instruction
from payments.states import InstructionState
from payments.topics import (
    BankProduct,
    DuplicateRules,
    GoLive,
    PayeeControl,
    ScreeningRules,
    SendWindow,
)

if TYPE_CHECKING:
    from masterdata.models import User

# What a release obeys; each instruction keeps the versions it met.
RELEASE_TOPICS = (
    GoLive,
    BankProduct,
    SendWindow,
    DuplicateRules,
    ScreeningRules,
    PayeeControl,
    routing.RouteRules,
)


def release_checked(
    orders: Sequence[PaymentOrder], rules: InForce
) -> tuple[list[PaymentOrder], dict[int, DomainError], dict[int, list[Finding]]]:
    """Orders that may be released now, why others may not, and which wait: not live, or without a bank product.

    The payer accounts are locked by the caller.
    """
    gate, now = masterdata.outbound_gate(), clock.now()
    faults, young = payee_facts.unconfirmed(orders), payee_facts.young(orders, rules)
    live = selectors.live_instructions([order.pk for order in orders])
    funds = {pk: of_account(pk) for pk in {order.payer_account_id for order in orders}}
    taken = {pk: found.reserved for pk, found in funds.items()}
    later = linked.waiting([order.pk for order in orders])
    good, refused, dark = [], {}, {}
    for order in orders:
        account = order.payer_account
        if waits := rules.switches(account):
            dark[order.pk] = waits
            continue
        around = checks.Surroundings(
            is_gate_open=gate.is_open,
            gate_reason=gate.reason,
            is_account_live=account.is_active
            and account.is_direct_link
            and account.connection is not None,
            is_account_frozen=account.is_frozen,
            is_connection_frozen=account.connection is not None and account.connection.is_frozen,
            payee_fault=faults.get(order.pk, ""),
            has_live_instruction=order.pk in live,
            available=funds[account.pk].available,
            reserved=taken[account.pk],
            waits_for_funding=order.pk in later,
        )
        findings = checks.before_release(order, around) + young.get(order.pk, [])
        route = rules.route(order, now)
        if findings:
            refused[order.pk] = Conflict(
                "；".join(hit.message for hit in findings),
                findings[0].message_en,
                code=findings[0].rule.lower(),
            )
        elif isinstance(route, routing.Refuse):
            refused[order.pk] = Conflict(route.why, "no clearing system takes it", code="route")
        else:
            good.append(order)
            taken[account.pk] += order.amount
    return good, dict(refused), dark


_LINK = """
    UPDATE payments_paymentorder o
    SET state = 'released', shown_state = 'queued', instruction_id = i.id, releaser_id = %s, released_at = %s,
        updated_at = %s, version = o.version + 1
    FROM payments_paymentinstruction i
    WHERE i.id = ANY(%s) AND o.id = i.order_id
"""


@dataclass(frozen=True)
class Draft:
    """An instruction before its release is decided: numbered, and worded byte for byte."""

    order: PaymentOrder
    instruction: PaymentInstruction
    data: bytes

    @property
    def digest(self) -> str:
        """What the releaser signs of it."""
        return seal.digest(self.data)


def drafted(orders: Sequence[PaymentOrder], rules: InForce) -> dict[int, Draft]:
    """The instructions these orders become if they are released now, by order id; nothing is written."""
    if not orders:
        return {}
    now, epoch = clock.now(), masterdata.outbound_gate().epoch
    attempts = selectors.last_attempts([order.pk for order in orders])
    numbering = _reference_rules(orders)
    drafts = {}
    for order, number in zip(
        orders, selectors.numbers("instr_no_seq", count=len(orders)), strict=True
    ):
        route = rules.route(order, now)
        instr_no = make_instr_no(epoch=epoch, sequence=number)
        instruction = PaymentInstruction(
            order=order,
            company_id=order.company_id,
            payer_account_id=order.payer_account_id,
            connection_id=order.payer_account.connection_id or 0,  # never 0: SWITCH was checked
            attempt=attempts.get(order.pk, 0) + 1,
            instr_no=instr_no,
            bank_ref=bank_reference(instr_no, numbering[order.payer_account_id]),
            operation=_operation(order, rules),
            state=InstructionState.QUEUED,
            content_hash=order.content_hash,
            currency=order.currency,
            route_requested="" if isinstance(route, routing.Refuse) else route.name,
            not_before=route.until if isinstance(route, routing.Wait) else now,
            met=rules.met(order.payer_account, *RELEASE_TOPICS),
        )
        drafts[order.pk] = Draft(order, instruction, instruction_bytes(order, instruction))
    return drafts


def issue(drafts: Sequence[Draft], *, actor: User, note: str) -> list[PaymentInstruction]:
    """Seal these instructions and queue them: what people saw and signed is what is sent."""
    if not drafts:
        return []
    sealer, now = vault.sealer(), clock.now()
    for draft in drafts:
        draft.order.move("release")
        seal_instruction(draft.instruction, draft.data, sealer)
    instructions = PaymentInstruction.objects.bulk_create([draft.instruction for draft in drafts])
    with connection.cursor() as cursor:
        cursor.execute(_LINK, [actor.pk, now, now, [one.pk for one in instructions]])
    _record(instructions, actor=actor, note=note)
    linked.hold_waiting(instructions, waits=linked.waiting([draft.order.pk for draft in drafts]))
    return instructions


def _operation(order: PaymentOrder, rules: InForce) -> str:
    """Which of the bank's operations carries an order."""
    if order.kind == PaymentOrder.Kind.PAYROLL:
        return "payroll"
    return rules.value(BankProduct, order.payer_account).operation


def _reference_rules(orders: Sequence[PaymentOrder]) -> dict[int, str]:
    """By payer account, how its bank's field carries our number: known before anything is sealed or sent."""
    slugs = {
        order.payer_account_id: order.payer_account.connection.bank_slug
        for order in orders
        if order.payer_account.connection is not None
    }
    rules = {slug: masterdata.bank_profile(slug).reference_rule for slug in set(slugs.values())}
    return {account_id: rules[slug] for account_id, slug in slugs.items()}


def _record(instructions: Sequence[PaymentInstruction], *, actor: User, note: str) -> None:
    facts = []
    for one in instructions:
        after = {
            "state": InstructionState.QUEUED,
            "instr_no": one.instr_no,
            "attempt": one.attempt,
            "content_hash": one.content_hash,
        }
        before = {"state": "pending_release"}
        facts.append(audit.Fact("payments.order.released", one.order, before, after, note))
    audit.record_many(facts, actor=actor)
