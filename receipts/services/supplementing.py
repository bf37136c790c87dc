"""Supplement (补录): claimed by one person, said in parts that add up, handed to another for review. Every version stays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import transaction

from audit import services as audit
from desk import services as desk
from kernel import clock
from kernel.errors import Conflict, InvalidInput, NotAllowed
from kernel.money import Money
from ledger.rules import SUBJECT
from masterdata import selectors as masterdata
from receipts import proposing, selectors
from receipts.decided import rules_for
from receipts.models import ArrivalNotice, SplitLine, Supplement
from receipts.rules import ZERO
from receipts.services import arriving, refunding
from receipts.states import NoticeState
from receipts.topics import Receiving

if TYPE_CHECKING:
    from masterdata.models import Counterparty, User

RIGHT = "receipts.supplement"
LINES_MAX = 50
Kind = Supplement.Kind


@dataclass(frozen=True, kw_only=True)
class Line:
    """One part of the credit as a person writes it."""

    amount: Decimal
    subject: str = ""
    customer_code: str = ""
    contract_no: str = ""
    invoice_no: str = ""
    cash_flow_item: str = ""
    fee: Decimal = ZERO


@dataclass(frozen=True, kw_only=True)
class Said:
    """A whole supplement. `why` is the reason of a change; `is_not_return` answers the doubt that it is our own payment."""

    kind: str = Kind.BUSINESS
    nature: str = ArrivalNotice.Nature.BUSINESS
    lines: Sequence[Line] = ()
    note: str = ""
    why: str = ""
    is_not_return: bool = False


@transaction.atomic(durable=True)
def claim(*, notice_id: int, actor: User) -> ArrivalNotice:
    """Take a notice to supplement it; of several people at once one gets it, the others are told who.

    Raises NotFound, NotAllowed, Conflict (somebody has it, or it is past supplementing).
    """
    scope = masterdata.scope_of(actor)
    notice = selectors.lock_notice(notice_id, scope=scope)
    scope.demand(RIGHT, notice.company_id)
    if notice.state == NoticeState.SUPPLEMENTING:
        if notice.claimed_by_id == actor.pk:
            return notice
        raise Conflict(
            f"该笔到款已由 {notice.claimed_by} 认领", "somebody else has claimed it", code="claimed"
        )
    refunding.require_none(notice)
    before = str(notice.state)
    notice.move("identify" if notice.state == NoticeState.SUSPENSE else "claim")
    _give(notice, actor)
    notice.save_changes(["state", "claimed_by", "claimed_at", "reviewer", "reviewed_at"])
    _note("receipts.notice.claimed", notice, actor, before)
    desk.close_case(
        kind="receipts.unclaimed",
        subject_kind=notice._meta.label_lower,
        subject_id=notice.pk,
        outcome="已认领",
    )
    return notice


def _give(notice: ArrivalNotice, actor: User) -> None:
    notice.claimed_by, notice.claimed_at = actor, clock.now()
    notice.reviewer, notice.reviewed_at = None, None


def _note(
    event: str, notice: ArrivalNotice, actor: User, before: str, why: str = "", **more: object
) -> None:
    audit.record(
        event,
        actor=actor,
        subject=notice,
        before={"state": before},
        after={"state": str(notice.state), **more},
        why=why,
    )


@transaction.atomic(durable=True)
def hand_back(*, notice_id: int, version: int, actor: User) -> ArrivalNotice:
    """Give a claimed notice back for others: by whoever has it, or by a reviewer. What is booked in suspense stays there.

    Raises NotFound, NotAllowed, StaleVersion, Conflict.
    """
    scope = masterdata.scope_of(actor)
    notice = selectors.lock_notice(notice_id, scope=scope)
    if notice.claimed_by_id != actor.pk:
        scope.demand("receipts.review", notice.company_id)
    notice.require_version(version)
    before = str(notice.state)
    notice.move("hand_back" if notice.suspense_voucher_id is None else "shelve")
    notice.claimed_by, notice.claimed_at = None, None
    notice.save_changes(["state", "claimed_by", "claimed_at"])
    _note("receipts.notice.handed_back", notice, actor, before)
    return notice


@transaction.atomic(durable=True)
def submit(*, notice_id: int, version: int, said: Said, actor: User) -> Supplement:
    """Say what a claimed credit is for and hand it to review.

    Raises NotFound, NotAllowed (claimed by somebody else), StaleVersion, Conflict, InvalidInput (which line, which field).
    """
    scope = masterdata.scope_of(actor)
    notice = selectors.lock_notice(notice_id, scope=scope)
    scope.demand(RIGHT, notice.company_id)
    notice.require_version(version)
    if notice.claimed_by_id != actor.pk:
        raise NotAllowed(
            f"该笔到款由 {notice.claimed_by or '他人'} 处理，请先认领",
            "claim it first",
            code="not_claimed",
        )
    customers = _check(notice, said)
    before = str(notice.state)
    notice.move("submit")
    made = _write(notice, said, customers, actor)
    notice.supplement, notice.supplementer = made, actor
    notice.nature = said.nature if said.kind == Kind.NON_BUSINESS else notice.Nature.BUSINESS
    only = {one.pk for one in customers.values()}
    notice.customer = next(iter(customers.values())) if len(only) == 1 else None
    notice.office = arriving.office_of(notice)
    notice.why = said.why.strip()[:200]
    notice.save_changes()
    _note(
        "receipts.notice.supplemented",
        notice,
        actor,
        before,
        said.why,
        supplement=made.number,
        kind=said.kind,
        lines=[_plain(line) for line in said.lines],
    )
    return made


def _plain(line: Line) -> dict[str, str]:
    values = {
        "customer": line.customer_code,
        "contract": line.contract_no,
        "invoice": line.invoice_no,
        "subject": line.subject,
        "cash_flow_item": line.cash_flow_item,
        "amount": f"{line.amount:.2f}",
        "fee": f"{line.fee:.2f}" if line.fee else "",
    }
    return {name: value for name, value in values.items() if value}


def _write(
    notice: ArrivalNotice, said: Said, customers: dict[str, Counterparty], actor: User
) -> Supplement:
    last = notice.supplements.order_by("-number").values_list("number", flat=True).first() or 0
    made = Supplement.objects.create(
        notice=notice,
        number=last + 1,
        kind=said.kind,
        nature=said.nature,
        note=said.note.strip()[:200],
        why=said.why.strip()[:200],
        reasons=arriving.reasons(proposing.guesses_for(notice)),
        made_by=actor,
    )
    SplitLine.objects.bulk_create(
        SplitLine(
            supplement=made,
            line_no=number,
            customer=customers.get(line.customer_code.strip()),
            contract_no=line.contract_no.strip()[:40],
            invoice_no=line.invoice_no.strip().upper()[:60],
            subject=line.subject.strip(),
            cash_flow_item=line.cash_flow_item.strip()[:60],
            amount=line.amount,
            fee=line.fee,
        )
        for number, line in enumerate(said.lines, start=1)
    )
    return made


def _fault(row: int, field: str, message: str, english: str) -> InvalidInput:
    return InvalidInput(f"第 {row} 行：{message}", f"line {row}: {english}", field=field, row=row)


def _check(notice: ArrivalNotice, said: Said) -> dict[str, Counterparty]:
    """Refuse what cannot be reviewed; the customers by code."""
    if said.kind not in Kind.values:
        raise InvalidInput("请选择款项性质", "what is it?", field="kind")
    is_doubtful = bool(notice.may_be_return) and said.kind != Kind.NON_BUSINESS
    if is_doubtful and not (said.is_not_return and said.why.strip()):
        raise InvalidInput(
            f"该笔到款与我方付款 {notice.may_be_return} 相似，可能是退回；确认不是退回时请勾选并说明原因",
            f"it looks like our payment {notice.may_be_return} coming back: say why it is not",
            field="is_not_return",
            code="may_be_return",
        )
    if said.kind == Kind.NON_BUSINESS:
        _check_non_business(notice, said)
        return {}
    if notice.supplements.exists() and not said.why.strip():
        raise InvalidInput("修改补录内容请填写原因", "a change wants a reason", field="why")
    if said.kind == Kind.SUSPENSE and notice.suspense_voucher_id is not None:
        raise Conflict("该笔到款已挂账", "it is in suspense already", code="illegal_move")
    if not said.lines or len(said.lines) > LINES_MAX:
        raise InvalidInput(f"请填写 1 至 {LINES_MAX} 行", "1 to 50 lines", field="lines")
    customers = _check_lines(notice, said, rules_for(notice))
    total = sum((line.amount for line in said.lines), ZERO)
    if total != notice.amount:
        raise InvalidInput(
            f"各行金额合计 {total:,.2f}，应等于到款金额 {notice.amount:,.2f}，相差 {notice.amount - total:,.2f}",
            f"the parts add up to {total}, not to {notice.amount}",
            field="lines",
            code="split_differs",
        )
    return customers


def _check_non_business(notice: ArrivalNotice, said: Said) -> None:
    if said.lines or said.nature in ("", notice.Nature.BUSINESS):
        raise InvalidInput("请选择非业务款项的类别", "which kind of money is it?", field="nature")
    if not said.note.strip() and not said.why.strip():
        raise InvalidInput("非业务款项请说明依据", "say on what grounds", field="note")
    if notice.suspense_voucher_id is not None:
        raise Conflict(
            "该笔到款已挂账，请先冲销挂账凭证", "reverse the suspense first", code="illegal_move"
        )


def _check_lines(notice: ArrivalNotice, said: Said, rules: Receiving) -> dict[str, Counterparty]:
    customers: dict[str, Counterparty] = {}
    for row, line in enumerate(said.lines, start=1):
        for name, value in (("amount", line.amount), ("fee", line.fee)):
            if (
                value < 0
                or Money(value, notice.currency).amount != value
                or (name == "amount" and not value)
            ):
                raise _fault(row, name, "金额应大于零，最多两位小数", "not an amount")
        if not SUBJECT.match(line.subject.strip()):
            raise _fault(
                row, "subject", f"科目「{line.subject}」不是科目编码", "not a subject code"
            )
        if said.kind == Kind.SUSPENSE:
            continue
        code = line.customer_code.strip()
        customer = customers.get(code) or masterdata.counterparty_by_code(code)
        if customer is None or not customer.is_active:
            raise _fault(row, "customer_code", f"客户编码「{code}」不存在", "unknown customer")
        customers[code] = customer
        _check_wanted(row, line, rules)
    fees = sum((line.fee for line in said.lines), ZERO)
    if fees > rules.fee_tolerance:
        raise InvalidInput(
            f"手续费合计 {fees:,.2f}，超过允许的 {rules.fee_tolerance:,.2f}",
            "the fees are above what is tolerated",
            field="fee",
        )
    if said.kind == Kind.BUSINESS:
        _check_invoices(notice, said.lines)
    return customers


def _check_wanted(row: int, line: Line, rules: Receiving) -> None:
    wanted = (
        (rules.needs_contract, "contract_no", "合同号"),
        (rules.needs_invoice, "invoice_no", "发票号"),
        (rules.needs_cash_flow, "cash_flow_item", "现金流量项目"),
    )
    for is_wanted, name, words in wanted:
        if is_wanted and not str(getattr(line, name)).strip():
            raise _fault(row, name, f"请填写{words}", f"{name} is wanted")


def _check_invoices(notice: ArrivalNotice, lines: Sequence[Line]) -> None:
    """An invoice the finance system told of is never paid beyond what is open; one it did not tell of is taken as written."""
    numbers = {line.invoice_no.strip().upper() for line in lines if line.invoice_no.strip()}
    known = selectors.lock_receivables(notice.company_id, numbers)
    paid: dict[str, Decimal] = {}
    for row, line in enumerate(lines, start=1):
        number = line.invoice_no.strip().upper()
        invoice = known.get(number)
        if invoice is None:
            continue
        paid[number] = paid.get(number, ZERO) + line.amount + line.fee
        if paid[number] > invoice.open_amount:
            raise _fault(
                row,
                "invoice_no",
                f"发票 {number} 未付 {invoice.open_amount:,.2f}，不能记 {paid[number]:,.2f}",
                "more than the invoice's open amount",
            )


@transaction.atomic(durable=True)
def withdraw(*, notice_id: int, version: int, actor: User) -> ArrivalNotice:
    """Take one's own supplement back before somebody has reviewed it. Raises NotFound, NotAllowed, StaleVersion, Conflict."""
    scope = masterdata.scope_of(actor)
    notice = selectors.lock_notice(notice_id, scope=scope)
    notice.require_version(version)
    if notice.supplementer_id != actor.pk:
        raise NotAllowed("只有补录人可以撤回", "only who supplemented it", code="not_claimed")
    before = str(notice.state)
    notice.move("withdraw")
    _give(notice, actor)
    notice.save_changes(["state", "claimed_by", "claimed_at", "reviewer", "reviewed_at"])
    _note("receipts.notice.withdrawn", notice, actor, before)
    return notice


@transaction.atomic(durable=True)
def change(*, notice_id: int, version: int, why: str, actor: User) -> ArrivalNotice:
    """Open a reviewed, an undone or a set-aside notice anew; what stood stays as history and the new is reviewed again.

    Raises NotFound, NotAllowed, StaleVersion, Conflict (booked: reverse it first), InvalidInput (no reason).
    """
    scope = masterdata.scope_of(actor)
    notice = selectors.lock_notice(notice_id, scope=scope)
    scope.demand(RIGHT, notice.company_id)
    notice.require_version(version)
    if not why.strip():
        raise InvalidInput("请填写修改原因", "a change wants a reason", field="why")
    if notice.nature == notice.Nature.OWN_RETURN and notice.state == NoticeState.NON_BUSINESS:
        raise Conflict(
            "我方付款的退回不能作为收款处理", "our own payment came back", code="own_return"
        )
    if notice.reversal_entry_id is not None:
        raise Conflict(
            "银行已冲正该笔到款，款项已不在账上", "the bank took it back", code="taken_back"
        )
    refunding.require_none(notice)
    before = str(notice.state)
    if notice.state in (NoticeState.NON_BUSINESS, NoticeState.REVERSED):
        notice.move("reopen")
        notice.round += before == NoticeState.REVERSED
    else:
        notice.move("amend")
    _give(notice, actor)
    notice.nature, notice.why = notice.Nature.BUSINESS, why.strip()[:200]
    notice.voucher_id, notice.voucher_label, notice.booked_on = None, "", None
    notice.save_changes()
    _note("receipts.notice.changed", notice, actor, before, why.strip())
    return notice
