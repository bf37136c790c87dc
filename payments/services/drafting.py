"""Drafts: made from a request, edited until submitted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction

from audit import services as audit
from kernel.errors import Conflict, DomainError, InvalidInput, NotAllowed, require
from kernel.money import Money
from kernel.references import make_reference
from kernel.scope import Scope
from masterdata import payee_selectors
from masterdata import selectors as masterdata
from masterdata.checks import (
    check_account,
    check_cnaps,
    clean_name,
    normalise_account,
    normalise_name,
)
from payments import selectors
from payments.content import OrderRequest, payload_hash
from payments.models import PaymentOrder, RecurringSchedule
from payments.states import OrderState, ScheduleState

if TYPE_CHECKING:
    from masterdata.models import Company, OwnAccount, User

# Orders drafted for something that counts on them: a refund, a collection, a linked payment.
PLANNED = frozenset({"receipts", "collection", "linked"})
_OF_THE_PLAN = ("company", "payer_account", "payee_number", "payee_name", "amount", "currency")


class RequestRefused(Exception):
    """One request of a list cannot become a draft; `place` is its index, `refusal` what is told to people."""

    def __init__(self, place: int, refusal: DomainError) -> None:
        super().__init__(place, refusal)
        self.place, self.refusal = place, refusal


class _Known:
    """Everything a list of requests mentions, looked up with one query a kind."""

    def __init__(self, requests: Sequence[OrderRequest], scope: Scope) -> None:
        codes = {request.company_code for request in requests}
        rows = masterdata.visible_companies(scope).filter(code__in=codes)
        self.companies = {company.code: company for company in rows}
        numbers = {normalise_account(request.payer_number) for request in requests}
        own = masterdata.visible_accounts(scope).filter(number__in=numbers)
        self.accounts = {account.number: account for account in own}
        self.payees = masterdata.payee_accounts({request.payee_code for request in requests})
        self.scope = scope
        typed = {check_account(r.payee_number) for r in requests if r.is_free_payee}
        self.registered = payee_selectors.registered(typed) if typed else {}
        planned = {request.schedule_code for request in requests if request.schedule_code}
        plans = RecurringSchedule.objects.filter(code__in=planned).select_related("company")
        self.schedules = {plan.code: plan for plan in plans} if planned else {}
        keyed = {request.erp_doc_no for request in requests if request.erp_doc_no}
        orders = PaymentOrder.objects.filter(
            erp_doc_no__in=keyed,
            company_id__in=[company.pk for company in self.companies.values()],
            source_system__in={request.source_system for request in requests},
        )
        self.taken: dict[tuple[object, ...], PaymentOrder] = {}
        self.ended: dict[tuple[object, ...], PaymentOrder] = {}
        for order in orders.order_by("pk") if keyed else ():
            has_ended = order.state in (OrderState.VOID, OrderState.CANCELLED)
            is_ended = has_ended and not order.is_paid_outside
            (self.ended if is_ended else self.taken)[_key(order, order.company_id)] = order


def _key(one: OrderRequest | PaymentOrder, company_id: int) -> tuple[object, ...]:
    return (one.source_system, company_id, one.erp_doc_type, one.erp_doc_no, one.erp_line_no)


def _company_and_account(request: OrderRequest, known: _Known) -> tuple[Company, OwnAccount]:
    company = known.companies.get(request.company_code)
    if company is None:
        raise InvalidInput(
            f"公司代码 {request.company_code} 不存在或无权使用",
            "unknown company",
            field="company_code",
        )
    account = known.accounts.get(normalise_account(request.payer_number))
    if account is None or account.company_id != company.pk or not account.is_active:
        raise InvalidInput(
            "付款账号不是该公司的账户", "not an account of the company", field="payer_number"
        )
    if account.currency != request.currency:
        raise InvalidInput(
            f"付款账户币种为 {account.currency}，与付款币种 {request.currency} 不符",
            "currency differs",
            field="currency",
        )
    return company, account


def _payee_values(request: OrderRequest, known: _Known) -> dict[str, object]:
    """The payee from the master data: what is registered there is what is sent, not what was typed."""
    number = normalise_account(request.payee_number)
    if request.kind == PaymentOrder.Kind.PAYROLL:
        # docs/adr/0013: a bank answers a payroll as a whole and does not say who was paid.
        raise InvalidInput(
            "暂不受理代发：银行只答复整批结果，不说明逐人是否入账。请通过银行代发渠道办理，并登记为平台外支付",
            "payroll is not taken: banks answer for the whole of it, not for each person; pay it by the bank's own channel"
            " and record it as a payment outside the platform",
            code="kind_unsupported",
            field="kind",
        )
    if request.kind == PaymentOrder.Kind.INTERNAL:
        own = masterdata.account_by_number(number, scope=masterdata.system_scope())
        if own is None or not own.is_active:
            raise InvalidInput(
                "收款账号不是集团内账户", "not an account of the group", field="payee_number"
            )
        name, bank, cnaps, payee = own.name, own.branch_name, own.cnaps, None
        is_personal = False
    else:
        payee = known.payees.get((request.payee_code, number))
        if request.is_free_payee:
            return _typed(request, known)
        if payee is None:
            raise InvalidInput(
                "收款账户不在主数据中，请先登记收款人账户",
                "unknown payee account",
                code="payee_unknown",
                field="payee_number",
            )
        name, bank, cnaps, is_personal = payee.name, payee.bank_name, payee.cnaps, payee.is_personal
    if request.payee_name and normalise_name(request.payee_name) != normalise_name(name):
        raise InvalidInput(
            f"收款户名与主数据登记的「{name}」不符", "payee name differs", field="payee_name"
        )
    return {
        "payee_account": payee,
        "payee_version": (payee.version_no or 1) if payee is not None else 0,
        "is_free_typed": False,
        "payee_code": request.payee_code,
        "payee_name": name,
        "payee_number": number,
        "payee_bank": bank,
        "payee_cnaps": cnaps,
        "is_personal": is_personal,
    }


def _typed(request: OrderRequest, known: _Known) -> dict[str, object]:
    """A payee typed freely: an exception with a right of its own, marked on the payment; never one the master data has."""
    known.scope.demand("payments.free_payee", known.companies[request.company_code].pk)
    number = check_account(request.payee_number)
    if name := known.registered.get(number):
        raise InvalidInput(
            f"账号 {number} 已登记在「{name}」名下，请从基础数据选择收款方",
            "the account is in the master data: choose it there",
            code="payee_registered",
            field="payee_number",
        )
    return {
        "payee_account": None,
        "payee_version": 0,
        "payee_code": "",
        "payee_name": clean_name(request.payee_name, field="payee_name"),
        "payee_number": number,
        "payee_bank": clean_name(request.payee_bank, field="payee_bank"),
        "payee_cnaps": check_cnaps(request.payee_cnaps),
        "is_personal": request.is_personal,
        "is_free_typed": True,
    }


def _planned(
    request: OrderRequest, known: _Known, payer: OwnAccount, payee: Mapping[str, object]
) -> RecurringSchedule | None:
    """The schedule a payment stands in; it must be exactly one of its planned payments."""
    if not request.schedule_code:
        return None
    plan = known.schedules.get(request.schedule_code)
    is_ours = plan is not None and plan.company.code == request.company_code
    if plan is None or not is_ours or plan.state != ScheduleState.CONFIRMED:
        raise InvalidInput(
            f"周期付款计划 {request.schedule_code} 不存在或未生效",
            "no such schedule in force",
            field="schedule_code",
        )
    account = payee["payee_account"]
    is_exact = (
        (plan.amount, plan.currency) == (request.amount, request.currency)
        and request.wish_date.isoformat() in plan.dates
        and account is not None
        and plan.payer_account_id == payer.pk
        and plan.payee_account_id == getattr(account, "pk", 0)
    )
    if not is_exact:
        raise InvalidInput(
            f"付款与周期计划 {plan.code} 的付款账户、收款方、金额或日期不符",
            "not one of the planned payments",
            code="not_planned",
            field="schedule_code",
        )
    return plan


def _values(request: OrderRequest, known: _Known) -> dict[str, object]:
    company, account = _company_and_account(request, known)
    payee = _payee_values(request, known)
    amount = Money(request.amount, request.currency).amount
    if amount <= 0:
        raise InvalidInput("金额必须大于零", "amount must be above zero", field="amount")
    return {
        "company": company,
        "payer_account": account,
        "amount": amount,
        "currency": request.currency,
        "kind": request.kind,
        "purpose": request.purpose,
        "remark": request.remark,
        "wish_date": request.wish_date,
        "is_urgent": request.is_urgent,
        "invoice_no": request.invoice_no,
        "gl_subject": request.gl_subject,
        "cash_flow_item": request.cash_flow_item,
        "payload_hash": payload_hash(request),
        "schedule": _planned(request, known, account, payee),
        **payee,
    }


def _draft(
    request: OrderRequest, known: _Known, *, order_no: str, maker: User, scope: Scope
) -> PaymentOrder:
    """The order a request becomes, not yet written; or the one its document line already became."""
    values = _values(request, known)
    company_id = known.companies[request.company_code].pk
    scope.demand("payments.make", company_id)
    key = _key(request, company_id)
    taken = known.taken.get(key) if request.erp_doc_no else None
    if taken is not None and taken.payload_hash == values["payload_hash"]:
        return taken
    if taken is not None:
        raise _taken(request, taken.order_no)
    order = PaymentOrder(
        order_no=order_no,
        maker=maker,
        source_system=request.source_system,
        erp_doc_type=request.erp_doc_type,
        erp_doc_no=request.erp_doc_no or order_no,
        erp_line_no=request.erp_line_no,
        import_set_id=request.import_set_id,
        import_row=request.import_row,
        replaces=known.ended.get(key) if request.erp_doc_no else None,
        **values,
    )
    known.taken[key] = order
    return order


def _write(orders: Sequence[PaymentOrder]) -> None:
    try:
        with transaction.atomic():
            PaymentOrder.objects.bulk_create(orders)
    except IntegrityError as error:
        if "one_order_per_planned_date" in str(error):
            raise Conflict(
                "该计划日期已有付款单，每个日期只付一次",
                "the planned date has its order already",
                code="planned_taken",
                field="schedule_code",
            ) from error
        if "one_order_per_erp_line" not in str(error):
            raise
        told = next((one for one in orders if f"({one.erp_doc_no}," in str(error)), orders[0])
        raise _taken(told, "另一笔付款单") from error


def draft_orders(
    *, requests: Sequence[OrderRequest], maker: User, scope: Scope
) -> list[PaymentOrder]:
    """`draft_order` for a list, a few statements for all of it; a step. Raises RequestRefused at the first one refused."""
    require(transaction.get_connection().in_atomic_block, "a draft wants the caller's transaction")
    known, epoch = _Known(requests, scope), masterdata.outbound_gate().epoch
    numbers = selectors.numbers("order_no_seq", count=len(requests))
    orders: list[PaymentOrder] = []
    for place, (request, number) in enumerate(zip(requests, numbers, strict=True)):
        order_no = make_reference("P", epoch=epoch, sequence=number)
        try:
            orders.append(_draft(request, known, order_no=order_no, maker=maker, scope=scope))
        except DomainError as refusal:
            raise RequestRefused(place, refusal) from refusal
    fresh = list({id(order): order for order in orders if order.pk is None}.values())
    _write(fresh)
    audit.record_many(
        [
            audit.Fact(
                "payments.order.drafted",
                order,
                after={
                    "order_no": order.order_no,
                    "amount": order.amount,
                    "payee": order.payee_name,
                },
            )
            for order in fresh
        ],
        actor=maker,
    )
    return orders


def draft_order(*, request: OrderRequest, maker: User, scope: Scope) -> PaymentOrder:
    """A draft from a request; a step. The same document line with the same content returns the order it already became.

    Raises InvalidInput, NotAllowed, Conflict (`erp_key_taken`: same document line, other content; D1).
    """
    try:
        (order,) = draft_orders(requests=[request], maker=maker, scope=scope)
    except RequestRefused as error:
        raise error.refusal from error
    return order


def _taken(request: OrderRequest | PaymentOrder, by: str) -> Conflict:
    return Conflict(
        f"单据 {request.erp_doc_no} 第 {request.erp_line_no} 行已生成 {by}，内容不同，不能覆盖",
        "the document line already became an order with other content",
        code="erp_key_taken",
        field="erp_doc_no",
    )


@transaction.atomic(durable=True)
def create_order(*, request: OrderRequest, maker: User) -> PaymentOrder:
    """`draft_order` as a command, for a person at a form."""
    return draft_order(request=request, maker=maker, scope=masterdata.scope_of(maker))


def _require_as_planned(order: PaymentOrder, values: Mapping[str, object]) -> None:
    if any(name in values and values[name] != getattr(order, name) for name in _OF_THE_PLAN):
        raise Conflict(
            "由退款、归集或联动付款生成的付款单，账户与金额不能修改；请作废后重新发起",
            "accounts and amount of this order are its plan's: void it and begin anew",
            code="planned",
        )


@transaction.atomic(durable=True)
def edit_order(*, order_id: int, version: int, request: OrderRequest, actor: User) -> PaymentOrder:
    """Change a draft, or reopen a returned order and change it. The document key stays what it was.

    Raises NotFound, NotAllowed (another person's draft), Conflict (also `planned`: accounts or amount of an order that a
    refund, a collection or a linked payment counts on), InvalidInput.
    """
    scope = masterdata.scope_of(actor)
    order = selectors.lock_order(order_id, scope=scope)
    order.require_version(version)
    scope.demand("payments.make", order.company_id)
    if order.maker is None or order.maker.person_key != actor.person_key:
        raise NotAllowed("只能修改自己制的单", "only its maker edits a draft")
    if order.state == OrderState.REJECTED:
        order.move("reopen")
    elif order.state != OrderState.DRAFT:
        raise Conflict(
            "已提交的付款单不能修改，请先退回",
            "a submitted order is not edited",
            code="illegal_move",
        )
    before = {"amount": order.amount, "payee": order.payee_name, "number": order.payee_number}
    values = _values(request, _Known([request], scope))
    if order.source_system in PLANNED:
        _require_as_planned(order, values)
    for name, value in values.items():
        setattr(order, name, value)
    order.shown_state, order.content_hash = order.state, ""
    order.save_changes()
    after = {"amount": order.amount, "payee": order.payee_name, "number": order.payee_number}
    audit.record("payments.order.edited", actor=actor, subject=order, before=before, after=after)
    return order
