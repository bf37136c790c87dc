"""Linked payments: drafted together, decided leg by leg, sent in turn. No leg leaves before the one before it is paid."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import transaction

from audit import services as audit
from desk import services as desk
from kernel import clock
from kernel.errors import InvalidInput
from kernel.references import make_reference
from masterdata import selectors as masterdata
from payments import funds, selectors
from payments.content import LinkedRequest, OrderRequest
from payments.linked_rules import WAITS, Plan, holds, require_sound
from payments.models import LinkedLeg, LinkedPayment, PaymentInstruction, PaymentOrder
from payments.services.drafting import draft_orders
from payments.services.writing import Change, show, write
from payments.states import InstructionState, OrderState

if TYPE_CHECKING:
    from masterdata.models import OwnAccount, User

S = InstructionState
Role = LinkedLeg.Role
_STOPS = (S.FAILED, S.RETURNED, S.CANCELLED, OrderState.VOID)


def _account(number: str, user: User, field: str) -> OwnAccount:
    account = masterdata.account_by_number(number, scope=masterdata.scope_of(user))
    if account is None:
        raise InvalidInput("账户不存在或无权使用", "unknown account", field=field)
    return account


def _transfer(
    payer: OwnAccount, payee: OwnAccount, amount: Decimal, payment: OrderRequest, purpose: str
) -> OrderRequest:
    return OrderRequest(
        company_code=payer.company.code,
        payer_number=payer.number,
        payee_number=payee.number,
        payee_name=payee.name,
        amount=amount,
        currency=payer.currency,
        wish_date=payment.wish_date,
        purpose=purpose,
        kind=PaymentOrder.Kind.INTERNAL,
        source_system="linked",
    )


@transaction.atomic(durable=True)
def create_linked(*, request: LinkedRequest, maker: User) -> LinkedPayment:
    """Draft the legs of a linked payment, all or none; each is then checked, approved and released as any order.

    Raises InvalidInput, NotAllowed (the maker needs payments.make in both companies), Conflict.
    """
    payment = request.payment
    master = _account(request.master_number, maker, "master")
    payer = _account(payment.payer_number, maker, "account")
    require_sound(Plan(master.pk, payer.pk, payment.amount, request.fund, request.sweep))
    wanted = [
        (Role.FUND, _transfer(master, payer, request.fund, payment, "资金下拨")),
        (Role.PAY, payment),
    ]
    if request.sweep:
        wanted.append((Role.SWEEP, _transfer(payer, master, request.sweep, payment, "资金上划")))
    scope = masterdata.scope_of(maker)
    made = draft_orders(requests=[one for _, one in wanted], maker=maker, scope=scope)
    linked = LinkedPayment.objects.create(
        link_no=make_reference(
            "L",
            epoch=masterdata.outbound_gate().epoch,
            sequence=selectors.numbers("order_no_seq", count=1)[0],
        ),
        company_id=payer.company_id,
        purpose=payment.purpose,
        maker=maker,
    )
    LinkedLeg.objects.bulk_create(
        LinkedLeg(linked=linked, place=place, role=role, order=order)
        for place, ((role, _), order) in enumerate(zip(wanted, made, strict=True), 1)
    )
    audit.record(
        "payments.linked.created",
        actor=maker,
        subject=linked,
        after={"orders": [order.order_no for order in made]},
        why=payment.purpose,
    )
    return linked


def hold_waiting(instructions: Sequence[PaymentInstruction], *, waits: dict[int, str]) -> None:
    """Step: instructions just issued whose leg has its turn later wait; `waits` is why, by order id."""
    held = [
        Change(one, S.HELD, hold_reason=waits[one.order_id])
        for one in instructions
        if one.order_id in waits
    ]
    write(held, move="hold")
    show([change.row.pk for change in held])


def waiting(order_ids: Sequence[int]) -> dict[int, str]:
    """Why each of these orders may not be sent yet, by order id; orders that are no leg, or whose turn it is, are absent."""
    legs = LinkedLeg.objects.filter(order_id__in=order_ids, place__gt=1)
    wanted = {leg.order_id: (leg.linked_id, leg.place - 1) for leg in legs}
    if not wanted:
        return {}
    before = {
        (leg.linked_id, leg.place): leg.order.shown_state
        for leg in LinkedLeg.objects.filter(
            linked_id__in={linked for linked, _ in wanted.values()}
        ).select_related("order")
    }
    found = {pk: holds(before[place]) for pk, place in wanted.items()}
    return {pk: why for pk, why in found.items() if why}


def _is_funded(row: PaymentInstruction, before: PaymentOrder) -> bool:
    """A balance fetched after the leg before was paid covers this one: the money is there, not only promised."""
    final_at = before.instruction.final_at if before.instruction else None
    told = funds.of_account(row.payer_account_id)
    if told.told_at is None or final_at is None or told.told_at <= final_at:
        return False
    return bool(told.free >= row.amount)


@transaction.atomic(durable=True)
def advance_linked(*, limit: int = 200) -> int:
    """Let legs go whose turn has come, and say where one has stopped. Returns how many went on."""
    rows = list(
        PaymentInstruction.objects.filter(state=S.HELD, hold_reason__startswith=WAITS)
        .select_for_update(of=("self", "order"), skip_locked=True, no_key=True)
        .select_related("order")
        .defer("sealed", "seal")
        .order_by("pk")[:limit]
    )
    legs = {
        leg.order_id: leg
        for leg in LinkedLeg.objects.filter(order_id__in=[row.order_id for row in rows])
    }
    now, going = clock.now(), []
    for row in rows:
        leg = legs[row.order_id]
        before = PaymentOrder.objects.select_related("instruction").get(
            leg__linked_id=leg.linked_id, leg__place=leg.place - 1
        )
        _tell(row, leg, before)
        if before.shown_state == S.SUCCEEDED and _is_funded(row, before):
            going.append(Change(row, S.QUEUED, not_before=now))
    write(going, move="lift")
    show([change.row.pk for change in going])
    audit.record_many(
        [
            audit.Fact(
                "payments.instruction.lifted",
                change.row,
                {"state": S.HELD},
                {"state": S.QUEUED},
                "前一环已成功，余额已到位",
            )
            for change in going
        ],
        actor=None,
    )
    return len(going)


def _tell(row: PaymentInstruction, leg: LinkedLeg, before: PaymentOrder) -> None:
    """Keep the reason and the case of a waiting leg true to what the leg before it shows now."""
    has_stopped = before.shown_state in _STOPS
    why = holds(before.shown_state) or f"{WAITS} 前一环已成功，等待到账余额"
    if why != row.hold_reason:
        PaymentInstruction.objects.filter(pk=row.pk).update(hold_reason=why)
        row.hold_reason = why
    if has_stopped:
        desk.open_case(
            kind="payments.leg_stopped",
            subject_kind=leg._meta.label_lower,
            subject_id=leg.pk,
            title=f"联动付款第 {leg.place - 1} 环未成功，后续不发送",
            company_id=row.company_id,
            severity="high",
            reason=f"{before.order_no} {before.return_reason}".strip(),
            next_step="重付前一环后自动继续；不再需要时撤销本环",
            owner_role="treasurer",
        )
    else:
        desk.close_case(
            kind="payments.leg_stopped",
            subject_kind=leg._meta.label_lower,
            subject_id=leg.pk,
            outcome="前一环已重付",
        )
