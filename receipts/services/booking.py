"""Booking (入账): reviewed receipts become vouchers, one each or one for many, as the company's strategy says.

All or nothing for each voucher, never for the whole act: what is wrong is listed row by row, the rest is booked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Exists, OuterRef

from audit import services as audit
from kernel import clock
from kernel.errors import Conflict, DomainError, InvalidInput, NotAllowed, require
from ledger.rules import BookFact
from ledger.services import joint
from ledger.services.joint import JointBooked, JointFact
from masterdata import selectors as masterdata
from masterdata.strategies import Strategies
from receipts import selectors
from receipts.decided import rules_for
from receipts.models import ArrivalNotice, BookingLine, BookingRun, SplitLine
from receipts.rules import ZERO
from receipts.states import NoticeState
from receipts.topics import BATCH, BATCH_MAX, Receiving

if TYPE_CHECKING:
    from kernel.scope import Scope
    from masterdata.models import User

RIGHT = "receipts.book"
SOURCE = "receipts.arrivalnotice"
BATCH_SOURCE = "receipts.bookingrun"
RETRY_AFTER = timedelta(hours=1)
BOTHERED = InvalidInput(
    "同一张凭证中另有不能入账的行，整张凭证未记", "another row of the same voucher is refused"
)


@dataclass(frozen=True)
class _Ready:
    """One notice with its parts and what rules it."""

    notice: ArrivalNotice
    lines: Sequence[SplitLine]
    rules: Receiving


def facts_of(notice: ArrivalNotice, lines: Iterable[SplitLine], rules: Receiving) -> list[BookFact]:
    """One fact for each part of a receipt; one that was in suspense leaves it instead of coming in again."""
    was_suspended = notice.suspense_voucher_id is not None
    return [
        BookFact(
            event="suspense_cleared" if was_suspended else "receipt",
            posting_key=f"{_key(notice)}:{line.line_no}",
            company_id=notice.company_id,
            day=clock.today() if was_suspended else notice.bank_date,
            figures={"amount": line.amount, "fee": line.fee, "prepaid": ZERO},
            words={
                "account_number": notice.account.number,
                "counterparty_name": line.customer.name
                if line.customer
                else notice.counterparty_name,
                "counterparty_account": notice.counterparty_account,
                "counterparty_code": line.customer.code if line.customer else "",
                "bank_serial": notice.bank_serial,
                "settlement_method": rules.settlement_method,
                "narrative": notice.narrative,
                "customer_subject": line.subject,
                "suspense_subject": rules.suspense_subject,
                "invoice_no": line.invoice_no,
                "contract_no": line.contract_no,
                "cash_flow_item": line.cash_flow_item,
                "notice_no": notice.notice_no,
            },
            account_id=None if was_suspended else notice.account_id,
            account_subject=notice.account.gl_subject,
            currency=notice.currency,
            source_kind=SOURCE,
            source_id=str(notice.pk),
            evidence=(("statements.statemententry", str(notice.entry_id)),),
        )
        for line in lines
    ]


def _key(notice: ArrivalNotice) -> str:
    return f"receipt:{notice.notice_no}:{notice.round}"


def _lines(notices: Collection[ArrivalNotice]) -> dict[int, list[SplitLine]]:
    by_supplement: dict[int, list[SplitLine]] = defaultdict(list)
    wanted = [row.supplement_id for row in notices if row.supplement_id is not None]
    rows = SplitLine.objects.filter(supplement_id__in=wanted).select_related("customer")
    for line in rows.order_by("supplement_id", "line_no"):
        by_supplement[line.supplement_id].append(line)
    return {row.pk: by_supplement[row.supplement_id or 0] for row in notices}


def book_suspense(notice: ArrivalNotice, *, actor: User) -> None:
    """Step: book a receipt nobody claims to the suspense subject, at its review. Raises what hinders it.

    The row is locked; the caller saves it.
    """
    rules = rules_for(notice)
    facts = facts_of(notice, _lines([notice])[notice.pk], rules)
    said = JointFact(
        posting_key=f"{_key(notice)}:suspense",
        facts=facts,
        source_kind=SOURCE,
        source_id=str(notice.pk),
    )
    (outcome,) = joint.post_joint([said], actor=actor)
    for error in (outcome.errors or {}).values():
        raise error
    require(outcome.voucher is not None, "what has no error has a voucher")
    notice.suspense_voucher_id = outcome.voucher.pk if outcome.voucher else None
    notice.booked_on = clock.now()


@transaction.atomic(durable=True)
def book(*, notice_ids: Collection[int], actor: User) -> BookingRun:
    """Book these reviewed receipts, which are all of one company; what each became stands in the run's lines.

    Raises NotFound (none in sight), NotAllowed, InvalidInput (several companies, too many at once).
    """
    return book_rows(rows_to_book(notice_ids, scope=masterdata.scope_of(actor)), actor=actor)


def rows_to_book(notice_ids: Collection[int], *, scope: Scope) -> list[ArrivalNotice]:
    """Step: these receipts, locked, once it is sure that the person may book them. Raises as `book` does."""
    rows = selectors.lock_notices(notice_ids, scope=scope)
    if not rows or len({row.company_id for row in rows}) > 1:
        raise InvalidInput(
            "请选择同一公司的已复核到款", "receipts of one company are wanted", field="ids"
        )
    scope.demand(RIGHT, rows[0].company_id)
    return rows


@transaction.atomic(durable=True)
def book_by_strategy() -> int:
    """One tick: book what is reviewed where the company has that done by itself; how many receipts that were.

    What could not be booked is tried again an hour later.
    """
    refused = BookingLine.objects.filter(
        notice_id=OuterRef("pk"),
        round=OuterRef("round"),
        voucher_id=None,
        run__made_at__gt=clock.now() - RETRY_AFTER,
    )
    rows = list(
        ArrivalNotice.objects.select_for_update(of=("self",), skip_locked=True)
        .filter(state=NoticeState.APPROVED, account_id__in=_by_themselves())
        .exclude(Exists(refused))
        .select_related("company", "account")
        .order_by("pk")[: BATCH_MAX * 5]
    )
    due: dict[int, list[ArrivalNotice]] = defaultdict(list)
    for row in rows:
        due[row.company_id].append(row)
    return sum(book_rows(some, actor=None).booked for some in due.values())


def _by_themselves() -> list[int]:
    """Accounts with something to book whose company has that done by itself."""
    waiting = ArrivalNotice.objects.filter(state=NoticeState.APPROVED).order_by("account_id")
    strategies = Strategies(clock.today()).on(clock.today())
    return [
        row.account_id
        for row in waiting.distinct("account_id").select_related("company", "account")
        if strategies.of(Receiving, row.company, row.account.gl_subject)[0].books_by_itself
    ]


def book_rows(rows: Sequence[ArrivalNotice], *, actor: User | None) -> BookingRun:
    """Step: book these locked notices of one company."""
    strategies = Strategies(clock.today()).on(clock.today())
    parts = _lines(rows)
    ready, refused = [], {}
    for row in rows:
        rules = strategies.of(Receiving, row.company, row.account.gl_subject)[0]
        try:
            _require_ready(row, actor)
            _pay_invoices(row, parts[row.pk], sign=1)
        except DomainError as error:
            refused[row.pk] = error
        else:
            ready.append(_Ready(row, parts[row.pk], rules))
    is_batch = bool(ready) and ready[0].rules.booking == BATCH
    run = BookingRun.objects.create(
        company_id=rows[0].company_id, style="batch" if is_batch else "single", made_by=actor
    )
    by_row = {one.notice.pk: one for one in ready}
    groups = _groups(ready)
    said = [_joint(run, number, group) for number, group in enumerate(groups, start=1)]
    vouchers: dict[int, int] = {}
    for group, outcome in zip(groups, joint.post_joint(said, actor=actor), strict=True):
        told = _settle(group, outcome, actor)
        refused |= told
        if outcome.voucher is not None:
            vouchers |= {one.notice.pk: outcome.voucher.pk for one in group}
    for pk in set(by_row) & set(refused):
        _pay_invoices(by_row[pk].notice, by_row[pk].lines, sign=-1)
    _close(run, rows, vouchers, refused)
    return run


def _require_ready(row: ArrivalNotice, actor: User | None) -> None:
    if row.state != NoticeState.APPROVED:
        raise Conflict(
            f"到款 {row.notice_no} 不是待入账状态，页面可能已过期",
            "not waiting to be booked",
            code="illegal_move",
        )
    supplementer = row.supplementer
    if (
        actor is not None
        and supplementer is not None
        and supplementer.person_key == actor.person_key
    ):
        raise NotAllowed("补录人不能为自己的到款入账", "another person books", code="same_person")


def _groups(ready: Sequence[_Ready]) -> list[list[_Ready]]:
    """What goes into one voucher: each receipt its own, or those of one day and currency, as many as a batch takes."""
    groups: list[list[_Ready]] = []
    together: dict[tuple[object, ...], list[_Ready]] = {}
    for one in ready:
        row = one.notice
        was_suspended = row.suspense_voucher_id is not None
        day = clock.today() if was_suspended else row.bank_date
        key = (day, row.currency, was_suspended)
        open_group = together.get(key) if one.rules.booking == BATCH else None
        if open_group is None or len(open_group) >= BATCH_MAX:
            open_group = []
            groups.append(open_group)
            if one.rules.booking == BATCH:
                together[key] = open_group
        open_group.append(one)
    return groups


def _joint(run: BookingRun, number: int, group: Sequence[_Ready]) -> JointFact:
    facts = [fact for one in group for fact in facts_of(one.notice, one.lines, one.rules)]
    if len(group) == 1:
        first = group[0].notice
        return JointFact(
            posting_key=_key(first), facts=facts, source_kind=SOURCE, source_id=str(first.pk)
        )
    return JointFact(
        posting_key=f"receipts:{run.pk}:{number}",
        facts=facts,
        source_kind=BATCH_SOURCE,
        source_id=str(run.pk),
        description=f"收款 {len(group)} 笔",
    )


def _settle(
    group: Sequence[_Ready], outcome: JointBooked, actor: User | None
) -> dict[int, DomainError]:
    """Mark what is booked; the reasons of what is not, by notice."""
    if outcome.voucher is None:
        owners = [one.notice.pk for one in group for _ in one.lines]
        errors = outcome.errors or {}
        whole = errors.get(-1, BOTHERED)
        told = {one.notice.pk: whole for one in group}
        told.update({owners[place]: error for place, error in errors.items() if place >= 0})
        return told
    for one in group:
        row = one.notice
        row.move("book")
        row.voucher_id, row.booked_on = outcome.voucher.pk, clock.now()
        row.voucher_label = f"{outcome.voucher.period} {outcome.voucher.number}"
        row.save_changes(["state", "voucher_id", "voucher_label", "booked_on"])
    audit.record_many(
        [
            audit.Fact(
                "receipts.notice.booked",
                one.notice,
                before={"state": str(NoticeState.APPROVED)},
                after={"state": str(one.notice.state), "voucher": one.notice.voucher_label},
            )
            for one in group
        ],
        actor=actor,
    )
    return {}


def _close(
    run: BookingRun,
    rows: Sequence[ArrivalNotice],
    vouchers: dict[int, int],
    refused: dict[int, DomainError],
) -> None:
    BookingLine.objects.bulk_create(
        BookingLine(
            run=run,
            notice=row,
            round=row.round,
            voucher_id=vouchers.get(row.pk),
            error=refused[row.pk].message[:300] if row.pk in refused else "",
            error_en=refused[row.pk].message_en[:300] if row.pk in refused else "",
        )
        for row in rows
    )
    run.booked, run.refused = len(vouchers), len(refused)
    run.vouchers = len(set(vouchers.values()))
    run.save(update_fields=["booked", "refused", "vouchers"])


def _pay_invoices(notice: ArrivalNotice, lines: Iterable[SplitLine], *, sign: int) -> None:
    """Take what is booked off the open invoices, or (sign -1) give it back. Raises InvalidInput where an invoice has less left."""
    wanted: dict[str, Decimal] = defaultdict(Decimal)
    for line in lines:
        if line.invoice_no:
            wanted[line.invoice_no] += sign * (line.amount + line.fee)
    known = selectors.lock_receivables(notice.company_id, wanted)
    for number, invoice in known.items():
        if not ZERO <= invoice.open_amount - wanted[number] <= invoice.amount:
            raise InvalidInput(
                f"发票 {number} 只剩 {invoice.open_amount:,.2f} 未付，请修改补录",
                "the invoice has less left to pay",
                field="invoice_no",
            )
    for number, invoice in known.items():
        invoice.open_amount -= wanted[number]
        invoice.save_changes(["open_amount"])


def give_back_invoices(notices: Collection[ArrivalNotice]) -> None:
    """Step: a booking was undone, so its invoices are open again."""
    parts = _lines(notices)
    for row in notices:
        _pay_invoices(row, parts[row.pk], sign=-1)
