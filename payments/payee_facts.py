"""What is known of the payees of orders: whether they moved on, are confirmed, too young, and of which class. Reads only.

System look-ups: the caller scoped or locked the orders.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from audit.row_verifying import strayed
from kernel import clock
from kernel.errors import Finding
from masterdata import payee_selectors
from masterdata import selectors as masterdata
from masterdata.classes import PayeeClass
from masterdata.payee_selectors import PayeeRef
from masterdata.states import PayeeState
from payments.checks import payees as rules
from payments.checks.payees import Payee
from payments.inforce import InForce
from payments.models import PaymentOrder
from payments.states import InstructionState
from payments.topics import PayeeControl

if TYPE_CHECKING:
    from masterdata.models import CounterpartyAccount


def _paid(orders: Collection[PaymentOrder]) -> set[tuple[int, int]]:
    """Those (payee account, version) of these orders that some payment has reached."""
    numbers = {order.payee_number for order in orders}
    rows = PaymentOrder.objects.filter(
        payee_number__in=numbers,
        payee_account_id__in={order.payee_account_id for order in orders},
        shown_state=InstructionState.SUCCEEDED,
    )
    return set(rows.values_list("payee_account_id", "payee_version").distinct())


def _payee(order: PaymentOrder, paid: set[tuple[int, int]]) -> Payee:
    return Payee(
        account_id=order.payee_account_id,
        version_no=order.payee_version,
        number=order.payee_number,
        name=order.payee_name,
        cnaps=order.payee_cnaps,
        is_personal=order.is_personal,
        amount=order.amount,
        was_paid=(order.payee_account_id or 0, order.payee_version) in paid,
    )


def _standings(orders: Collection[PaymentOrder]) -> dict[int, payee_selectors.Standing]:
    ids = {order.payee_account_id for order in orders if order.payee_account_id is not None}
    return payee_selectors.standings(ids) if ids else {}


def moved(orders: Collection[PaymentOrder]) -> dict[int, str]:
    """Why the payee of an order is no longer what its people saw, by order id; the others are absent."""
    now = _standings(orders)
    found = {
        order.pk: rules.moved(_payee(order, set()), now.get(order.payee_account_id or 0))
        for order in orders
    }
    return {pk: why for pk, why in found.items() if why}


def unconfirmed(orders: Collection[PaymentOrder]) -> dict[int, str]:
    """Why the payee of an order is not confirmed yet, by order id; own accounts of the group need no confirmation.

    A payee account somebody changed outside the platform is confirmed by nobody.
    """
    now = _standings(orders)
    strays = strayed("masterdata.counterpartyaccount", now) if now else set()
    found = {}
    for order in orders:
        standing = now.get(order.payee_account_id or 0)
        is_own = order.kind == PaymentOrder.Kind.INTERNAL
        if order.is_free_typed or is_own:
            continue
        if standing is None or standing.state != PayeeState.CONFIRMED:
            found[order.pk] = f"收款账户「{order.payee_name}」尚未确认"
        elif str(order.payee_account_id) in strays:
            found[order.pk] = f"收款账户「{order.payee_name}」的数据在平台之外被改动"
    return found


def young(
    orders: Sequence[PaymentOrder],
    decided: InForce | None = None,
    *,
    moment: datetime | None = None,
) -> dict[int, list[Finding]]:
    """What bars the release of an order whose payee account is young or was denied, by order id."""
    now, paid, moment = _standings(orders), _paid(orders), moment or clock.now()
    decided = decided or InForce()
    found = {}
    for order in orders:
        standing = now.get(order.payee_account_id or 0)
        if standing is None and not order.is_free_typed:
            continue
        control = decided.value(PayeeControl, order.payer_account)
        if standing is None:
            found[order.pk] = rules.unregistered(order.payee_name, order.amount, control)
            continue
        hits = rules.cooling(_payee(order, paid), standing, control, moment=moment)
        if hits:
            found[order.pk] = hits
    return {pk: hits for pk, hits in found.items() if hits}


def classes_of(orders: Sequence[PaymentOrder]) -> dict[int, PayeeClass]:
    """What kind of payee each order pays, by order id: the key of matrix and limits."""
    paid = _paid(orders)
    refs = [
        PayeeRef(
            company_id=order.company_id,
            number=order.payee_number,
            account_id=order.payee_account_id,
            is_personal=order.is_personal,
            was_paid=(order.payee_account_id or 0, order.payee_version) in paid,
        )
        for order in orders
    ]
    classes = payee_selectors.payee_classes(refs)
    return {order.pk: kind for order, kind in zip(orders, classes, strict=True)}


def accounts_of(order: PaymentOrder) -> dict[int, CounterpartyAccount]:
    """The confirmed accounts of the order's payee, by id: what a failed or returned payment may be paid to instead."""
    own = order.payee_account
    if own is None:
        return {}
    rows = masterdata.visible_payees(masterdata.system_scope())
    found = rows.filter(counterparty_id=own.counterparty_id, state=PayeeState.CONFIRMED)
    return {row.pk: row for row in found.order_by("pk")}
