"""Refund (退款): money nobody claims goes back to its payer by a payment order with its own check, approval and release."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import transaction

from audit import services as audit
from kernel import clock
from kernel.errors import Conflict, InvalidInput
from masterdata import selectors as masterdata
from payments import selectors as payments
from payments.content import OrderRequest
from payments.services.drafting import draft_order
from receipts import selectors
from receipts.decided import rules_for
from receipts.models import ArrivalNotice, Refund
from receipts.rules import ZERO
from receipts.states import NoticeState

if TYPE_CHECKING:
    from masterdata.models import CounterpartyAccount, User


@dataclass(frozen=True)
class RefundState:
    """A refund, what its payment shows now, and whether its money is gone, on its way, or may still be paid again."""

    refund: Refund
    state: str
    counts: bool


def refunds_of(notice: ArrivalNotice) -> list[RefundState]:
    """The refunds of a notice, newest first. The caller was allowed to see it."""
    rows = list(notice.refunds.select_related("made_by").order_by("-pk"))
    ids = [row.order_id for row in rows]
    shown, given_up = payments.shown_states(ids), payments.given_up(ids)
    return [
        RefundState(row, shown.get(row.order_id, "void"), counts=row.order_id not in given_up)
        for row in rows
    ]


def require_none(notice: ArrivalNotice) -> None:
    """Raise Conflict while a refund of the notice is under way, made, or failed and not given up."""
    if alive := [one.refund.order_no for one in refunds_of(notice) if one.counts]:
        raise Conflict(
            f"该笔到款已由付款单 {'、'.join(alive)} 退款；退款未成功的，请重新支付该付款单，或重新支付后作废",
            "a refund is under way or made; one that failed is paid again, or voided after that",
            code="refunding",
        )


def refundable(notice: ArrivalNotice) -> Decimal:
    """What may still go back."""
    gone = sum((one.refund.amount for one in refunds_of(notice) if one.counts), ZERO)
    left: Decimal = notice.amount - gone
    return left


def _request(notice: ArrivalNotice, payee: CounterpartyAccount, amount: Decimal) -> OrderRequest:
    return OrderRequest(
        company_code=notice.company.code,
        payer_number=notice.account.number,
        payee_code=payee.counterparty.code,
        payee_number=payee.number,
        payee_name=payee.name,
        amount=amount,
        currency=notice.currency,
        wish_date=clock.today(),
        purpose="退款",
        gl_subject=rules_for(notice).suspense_subject,
        source_system="receipts",
        erp_doc_type="退款",
        erp_doc_no=notice.notice_no,
        erp_line_no=str(notice.refunds.count() + 1),
    )


@transaction.atomic(durable=True)
def refund(
    *, notice_id: int, version: int, payee_account_id: int, amount: Decimal, why: str, actor: User
) -> Refund:
    """Draft the payment that sends a receipt in suspense back; it then goes the way of any payment.

    The payee is an account of the master data whose number is the payer's. Raises NotFound, NotAllowed, StaleVersion,
    Conflict (not in suspense), InvalidInput (more than is left, another account, no reason).
    """
    scope = masterdata.scope_of(actor)
    notice = selectors.lock_notice(notice_id, scope=scope)
    scope.demand("payments.make", notice.company_id)
    notice.require_version(version)
    if notice.state != NoticeState.SUSPENSE:
        raise Conflict(
            "只有已挂账的到款可以退款", "only money in suspense is refunded", code="illegal_move"
        )
    if not why.strip():
        raise InvalidInput("请填写退款原因", "a reason is wanted", field="why")
    left = refundable(notice)
    if not ZERO < amount <= left:
        raise InvalidInput(
            f"退款金额应大于零且不超过 {left:,.2f}", "more than is left", field="amount"
        )
    payee = masterdata.get_payee(payee_account_id, scope=scope)
    if payee.number != selectors.credit_of(notice).account_key:
        raise InvalidInput(
            "退款只能退回原付款账户", "a refund goes to the account it came from", field="payee"
        )
    order = draft_order(request=_request(notice, payee, amount), maker=actor, scope=scope)
    made = Refund.objects.create(
        notice=notice,
        amount=amount,
        currency=notice.currency,
        order_id=order.pk,
        order_no=order.order_no,
        why=why.strip()[:200],
        made_by=actor,
    )
    notice.save_changes([])
    audit.record(
        "receipts.refund.drafted",
        actor=actor,
        subject=notice,
        after={"order_no": order.order_no, "amount": amount, "payee": payee.number},
        why=why.strip(),
    )
    return made
