"""Submit, check, approve, release: each written once, for a list; a single order is a list of one.

Every order of a list stands for itself: what cannot be done is refused by row, with its reason, and the others go on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from django.db import connection, transaction

from approvals import services as approvals
from audit import services as audit
from kernel.errors import Conflict, NotAllowed, NotFound
from kernel.orm import StaleVersion
from kernel.scope import Scope
from masterdata import selectors as masterdata
from masterdata.services import stepup as second_factor
from payments import payee_facts, selectors
from payments.content import content_hash
from payments.inforce import InForce
from payments.models import PaymentOrder
from payments.services import payee_control, ruling
from payments.services.alarms import alarm
from payments.services.classing import new_cases
from payments.services.hands import Act, Hand
from payments.services.holding import Refusals, change, hold, sort_out
from payments.services.limits import Allowance
from payments.services.refusals import ContentAltered
from payments.services.releasing import Draft, drafted, issue, release_checked
from payments.states import OrderState

if TYPE_CHECKING:
    from masterdata.models import User

Item = tuple[int, int, str]  # order id, the version seen, the content hash seen ("" for a draft)
CHUNK = 100
Step = Callable[[Sequence[PaymentOrder], Act], Refusals]


_FREEZE = """
    UPDATE payments_paymentorder o
    SET content_hash = v.digest, approval_id = v.approval, approvals_needed = v.needed, approvals_given = 0,
        return_reason = '', next_roles = '{}', payee_class = v.class
    FROM unnest(%s::bigint[], %s::text[], %s::bigint[], %s::smallint[], %s::text[])
         AS v(id, digest, approval, needed, class)
    WHERE o.id = v.id
"""


def _freeze(orders: Sequence[PaymentOrder]) -> None:
    """Write what binds approvals to the content of these locked orders."""
    with connection.cursor() as cursor:
        cursor.execute(
            _FREEZE,
            [
                [order.pk for order in orders],
                [order.content_hash for order in orders],
                [order.approval_id for order in orders],
                [order.approvals_needed for order in orders],
                [order.payee_class for order in orders],
            ],
        )


def _submittable(orders: Sequence[PaymentOrder], act: Act) -> tuple[list[PaymentOrder], Refusals]:
    """Drafts of the actor's own with the payee they were made for."""
    refused: Refusals = {}
    mine = []
    stale = payee_facts.moved(orders)
    for order in orders:
        if order.maker is None or order.maker.person_key != act.actor.person_key:
            refused[order.pk] = NotAllowed("只能提交自己制的单", "only its maker submits an order")
        elif not order.flow.allows("submit", order.state):
            refused[order.pk] = Conflict("该付款单已提交", "already submitted", code="illegal_move")
        elif order.pk in stale:
            refused[order.pk] = Conflict(
                f"{stale[order.pk]}，请修改付款单后再提交", "the payee changed", code="payee"
            )
        else:
            order.content_hash = content_hash(order)
            mine.append(order)
    return mine, refused


def _submit(orders: Sequence[PaymentOrder], act: Act) -> Refusals:
    mine, refused = _submittable(orders, act)
    opened, without_policy = approvals.open_cases(new_cases(mine))
    refused.update({int(key): error for key, error in without_policy.items()})
    ready = [order for order in mine if str(order.pk) in opened]
    for order in ready:
        case = opened[str(order.pk)]
        order.approval_id, order.approvals_needed = case.pk, case.approvers_needed
        order.approvals_given, order.return_reason = 0, ""
        order.payee_class = case.payee_class
    _freeze(ready)
    ruling.write_references(ready)
    good, stopped = sort_out(ready, actor=act.actor, stage=ruling.SUBMIT)
    blocked = [order for order in ready if order.pk in stopped and order.state == OrderState.DRAFT]
    approvals.void_cases(
        [order.approval_id for order in blocked if order.approval_id], reason="提交未通过检查"
    )
    PaymentOrder.objects.filter(pk__in=[order.pk for order in blocked]).update(
        content_hash="", approval_id=None
    )
    refused.update(stopped)
    for order in good:
        order.move("submit")
    change(good)
    _record("payments.order.submitted", good, act)
    return refused


def _record(event: str, orders: Sequence[PaymentOrder], act: Act) -> None:
    audit.record_many(
        [
            audit.Fact(
                event,
                order,
                after={
                    "state": order.state,
                    "version": order.version,
                    "content_hash": order.content_hash,
                },
                why=act.note,
            )
            for order in orders
        ],
        actor=act.actor,
    )


def _decide(
    orders: Sequence[PaymentOrder],
    act: Act,
    kind: approvals.Act,
    *,
    drafts: Mapping[int, Draft] | None = None,
) -> tuple[list[PaymentOrder], dict[int, approvals.Decided], Refusals]:
    cases = {order.approval_id: order for order in orders if order.approval_id is not None}
    sealed = {pk: drafts[order.pk].digest for pk, order in cases.items()} if drafts else {}
    decided, refused = approvals.decide_many(
        {case_id: order.content_hash for case_id, order in cases.items()},
        act=kind,
        actor=act.actor,
        note=act.note[:200],
        signing=act.signing(sealed),
        right=f"payments.{kind}",
    )
    good = [cases[case_id] for case_id in decided]
    by_order = {cases[case_id].pk: done for case_id, done in decided.items()}
    return good, by_order, {cases[case_id].pk: error for case_id, error in refused.items()}


def _in_state(
    orders: Sequence[PaymentOrder], state: OrderState, act: Act
) -> tuple[list[PaymentOrder], Refusals]:
    """Those in the state the act wants, with the payee their people saw; a payee that moved on sends its order back."""
    present = [order for order in orders if order.state == state]
    wrong = Conflict(
        "付款单状态已变化，请刷新后重试", f"the order is not {state}", code="illegal_move"
    )
    refused: Refusals = {order.pk: wrong for order in orders if order.state != state}
    refused |= payee_control.send_back(present, actor=act.actor)
    return [order for order in present if order.pk not in refused], refused


def _check(orders: Sequence[PaymentOrder], act: Act) -> Refusals:
    ready, refused = _in_state(orders, OrderState.PENDING_CHECK, act)
    good, decided, more = _decide(ready, act, approvals.Act.CHECK)
    for order in good:
        order.move("check_to_approval" if decided[order.pk].next_roles else "check_to_release")
    _change_counts(good, decided, checker=act.actor)
    _record("payments.order.checked", good, act)
    return refused | more


def _approve(orders: Sequence[PaymentOrder], act: Act) -> Refusals:
    ready, refused = _in_state(orders, OrderState.PENDING_APPROVAL, act)
    good, decided, more = _decide(ready, act, approvals.Act.APPROVE)
    for order in good:
        order.move("approve_step" if decided[order.pk].next_roles else "approve_last")
    _change_counts(good, decided)
    ruling.tick([order.pk for order in good], actor=act.actor)
    _record("payments.order.approved", good, act)
    return refused | more


def _change_counts(
    orders: Sequence[PaymentOrder], decided: Mapping[int, approvals.Decided], **values: object
) -> None:
    groups: dict[tuple[int, int, tuple[str, ...]], list[PaymentOrder]] = {}
    for order in orders:
        done = decided[order.pk]
        key = (done.approvers_needed, done.approvals_given, done.next_roles)
        groups.setdefault(key, []).append(order)
    for (needed, given, roles), rows in groups.items():
        more = {"approvals_needed": needed, "approvals_given": given, "next_roles": list(roles)}
        change(rows, **more, **values)


def _release(orders: Sequence[PaymentOrder], act: Act) -> Refusals:
    ready, refused = _in_state(orders, OrderState.PENDING_RELEASE, act)
    clear, stopped = sort_out(ready, actor=act.actor, stage=ruling.RELEASE)
    rules = InForce()
    able, unable, dark = release_checked(clear, rules)
    stopped |= hold(dark, {order.pk: order for order in clear}, actor=act.actor)
    drafts = drafted(able, rules)
    allowance = Allowance(drafts, actor=act.actor)
    within, beyond = allowance.fit(drafts)
    good, _, undecided = _decide(
        [one.order for one in within], act, approvals.Act.RELEASE, drafts=drafts
    )
    issued = issue([drafts[order.pk] for order in good], actor=act.actor, note=act.note)
    allowance.reserve(issued)
    return refused | stopped | unable | beyond | undecided


_STEPS: dict[str, tuple[Step, str]] = {
    "submit": (_submit, "payments.make"),
    "check": (_check, "payments.check"),
    "approve": (_approve, "payments.approve"),
    "release": (_release, "payments.release"),
}


def _admitted(
    orders: Mapping[int, PaymentOrder], items: Sequence[Item], *, right: str, scope: Scope
) -> tuple[list[PaymentOrder], Refusals]:
    refused: Refusals = {}
    good = []
    for pk, version, digest in items:
        order = orders.get(pk)
        if order is None:
            refused[pk] = NotFound("payment order")
        elif not scope.has(right, order.company_id):
            refused[pk] = NotAllowed(
                "您没有执行此操作的权限", f"the right {right} is missing", code="right_missing"
            )
        elif order.version != version:
            refused[pk] = StaleVersion()
        elif right != "payments.make" and digest != order.content_hash:
            refused[pk] = Conflict(
                "内容在您查看之后有变化，请重新查看", "the content changed", code="digest_changed"
            )
        elif right != "payments.make" and content_hash(order) != order.content_hash:
            refused[pk] = ContentAltered(
                "付款单内容与提交时不一致，已拒绝并报警", "the stored order was altered"
            )
        else:
            good.append(order)
    return good, refused


@transaction.atomic(durable=True)
def run_chunk(
    name: str, items: Sequence[Item], actor: User, note: str, hand: Hand | None
) -> Refusals:
    """One step of one person for up to CHUNK orders, in one transaction; refusals by order id.

    Raises StepUpNeeded before anything is touched, where the step wants the second factor.
    """
    step, right = _STEPS[name]
    if name in approvals.WANTS_STEP_UP:
        second_factor.demand(hand.stepup if hand else None, actor)
    scope = masterdata.scope_of(actor)
    ids = [pk for pk, _, _ in items]
    if name == "release":
        _lock_payers(ids, scope)
    orders = selectors.lock_orders(ids, scope=scope)
    good, refused = _admitted(orders, items, right=right, scope=scope)
    for pk, error in refused.items():
        if isinstance(error, ContentAltered):
            audit.record(
                "payments.order.content_altered", actor=actor, subject=orders[pk], why=error.message
            )
            alarm(
                kind="payments.content_altered",
                subject=orders[pk],
                title=f"付款单 {orders[pk].order_no} 内容在平台之外被改动",
                details={"环节": name},
            )
    return refused | step(good, Act(actor, scope, note, hand))


def _lock_payers(order_ids: Sequence[int], scope: Scope) -> None:
    """Lock the payer accounts first, so that two releases never spend the same balance."""
    accounts = PaymentOrder.objects.filter(pk__in=order_ids, company_id__in=scope.company_ids)
    rows = masterdata.visible_accounts(masterdata.system_scope()).filter(
        pk__in=set(accounts.values_list("payer_account_id", flat=True))
    )
    list(rows.select_for_update(of=("self",), no_key=True).order_by("pk").values_list("pk"))


def submit_drafts(orders: Sequence[PaymentOrder], *, actor: User, scope: Scope) -> Refusals:
    """Step: submit drafts the caller made and locked in this transaction; refusals by order id, `Held` ones stay on hold."""
    return _submit(orders, Act(actor, scope))
