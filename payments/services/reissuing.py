"""Paying again what failed or came back: with the payee's data of now, decided by everybody again (DOMAIN §3.2 #18)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.db import transaction

from approvals import services as approvals
from audit import services as audit
from audit.row_verifying import strayed
from kernel.errors import Conflict, InvalidInput
from masterdata import selectors as masterdata
from payments import payee_facts, selectors
from payments.content import content_hash
from payments.models import PaymentInstruction, PaymentOrder
from payments.services import ruling
from payments.services.cases import close_ended_attempt
from payments.services.classing import new_cases
from payments.services.holding import change, sort_out
from payments.services.proof import debit_seen, is_statement_told
from payments.services.refusals import ContentAltered
from payments.states import InstructionState

if TYPE_CHECKING:
    from masterdata.models import CounterpartyAccount, User


def _require_reissuable(last: PaymentInstruction) -> None:
    if last.state not in (InstructionState.FAILED, InstructionState.RETURNED):
        raise Conflict(
            "上一笔指令尚无确定的失败或退票结果，不能重新支付",
            "the last attempt is live",
            code="d2",
        )
    if last.state == InstructionState.FAILED and debit_seen(last):
        raise Conflict(
            "对账单上有该笔扣款，不能重新支付", "the statement shows its debit", code="debit_seen"
        )
    if last.state == InstructionState.FAILED and not is_statement_told(
        last, since=last.final_at or last.created_at
    ):
        raise Conflict(
            "失败之后尚未取回该账户的对账单，请先刷新对账单再重付",
            "no statement was fetched since the failure",
            code="statement_missing",
        )


def _payee_of_now(order: PaymentOrder, account_id: int | None) -> dict[str, Any]:
    """The payee's columns as its account says them now, or as another account of the same payee does."""
    if order.payee_account_id is None:
        return {}  # an own account of the group, or typed freely
    account: CounterpartyAccount | None = payee_facts.accounts_of(order).get(
        account_id or order.payee_account_id
    )
    if account is None:
        raise Conflict(
            "原收款账户已停用或不属于该收款方，请选择同一收款方的已确认账户",
            "choose a confirmed account of the same payee",
            code="payee",
        )
    return {
        "payee_account": account,
        "payee_version": account.version_no,
        "payee_name": account.name,
        "payee_number": account.number,
        "payee_bank": account.bank_name,
        "payee_cnaps": account.cnaps,
        "is_personal": account.is_personal,
    }


def _told(order: PaymentOrder) -> Mapping[str, object]:
    names = ("payee_name", "payee_number", "payee_bank", "payee_cnaps", "payee_version")
    return {name: getattr(order, name) for name in names}


@transaction.atomic(durable=True)
def reissue_order(
    *,
    order_id: int,
    version: int,
    actor: User,
    why: str,
    payee_account_id: int | None = None,
) -> PaymentOrder:
    """After FAILED or RETURNED: a new attempt that everybody decides again; the person who asks becomes its maker.

    The payee's data are read afresh, from another account of the same payee where one is named; what was sent keeps its
    bytes. The duplicate rules look again: a like payment made meanwhile puts the order on hold.
    Raises Conflict while the last attempt is live, or unless a statement fetched since shows no debit of it; InvalidInput.
    """
    if not why.strip():
        raise InvalidInput("请填写原因", "a reason is wanted", field="why")
    scope = masterdata.scope_of(actor)
    order = selectors.lock_order(order_id, scope=scope)
    order.require_version(version)
    scope.demand("payments.make", order.company_id)
    last = PaymentInstruction.objects.select_for_update(no_key=True).get(
        pk=order.instruction_id or 0
    )
    _require_reissuable(last)
    if strayed("payments.paymentinstruction", [last.pk]):
        raise ContentAltered(
            "上一次支付的状态在平台之外被改动，不能据此重新支付；请联系安全管理员",
            "the last attempt was changed outside the platform",
        )
    before = {"state": last.state, **_told(order)}
    payee = _payee_of_now(order, payee_account_id)
    order.move("reissue")
    close_ended_attempt(last, outcome=f"{actor} 重新支付")
    if order.approval_id is not None:
        approvals.void_case(case_id=order.approval_id, reason=f"重新支付：{why.strip()}")
    for name, value in payee.items():
        setattr(order, name, value)
    _open_again(order, payee, actor)
    audit.record(
        "payments.order.reissued",
        actor=actor,
        subject=order,
        before=before,
        after={"state": order.state, **_told(order)},
        why=why.strip(),
    )
    _, refused = sort_out([order], actor=actor, stage=ruling.SUBMIT)
    if order.pk in refused and order.state != "held":
        raise refused[order.pk]  # the payer's bank cannot carry the new data: nothing is changed
    return order


def _open_again(order: PaymentOrder, payee: Mapping[str, Any], actor: User) -> None:
    order.content_hash = content_hash(order)
    order.maker = actor
    (new,) = new_cases([order])
    case = approvals.open_case(new)
    change(
        [order],
        **payee,
        content_hash=order.content_hash,
        approval_id=case.pk,
        approvals_needed=case.approvers_needed,
        approvals_given=0,
        next_roles=[],
        payee_class=new.payee_class,
        maker=actor,
        checker=None,
        releaser=None,
        released_at=None,
    )
