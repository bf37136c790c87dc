"""Reversal (冲销): a booking is undone by its red voucher, or the bank itself took the credit back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from kernel import clock
from kernel.errors import Conflict, InvalidInput, NotAllowed, require
from ledger import selectors as ledger
from ledger.services import posting
from ledger.services.posting import Undoing
from masterdata import selectors as masterdata
from receipts import selectors
from receipts.models import ArrivalNotice
from receipts.services import booking, confirming, refunding
from receipts.states import BOOKED, NoticeState
from statements import selectors as statements

if TYPE_CHECKING:
    from masterdata.models import User
    from statements.models import StatementEntry

BANK_UNDOES_WITHIN = timedelta(days=5)


def bank_reversals(notice: ArrivalNotice) -> list[StatementEntry]:
    """Debits by which the bank may have taken the credit back: same amount, within days. The caller was allowed to see it."""
    rows = statements.debits_matching(
        account_id=notice.account_id,
        amount=notice.amount,
        first=notice.bank_date,
        last=notice.bank_date + BANK_UNDOES_WITHIN,
    )
    return list(rows[:20])


@transaction.atomic(durable=True)
def reverse(
    *, notice_id: int, version: int, why: str, actor: User, debit_id: int | None = None
) -> list[ArrivalNotice]:
    """Undo a booking by its red voucher, for all receipts in that voucher; or, with the debit that proves it, end a
    receipt the bank took back. The reverser neither supplemented nor reviewed it.

    Raises NotFound, NotAllowed, StaleVersion, Conflict, InvalidInput (no reason, not such a debit).
    """
    scope = masterdata.scope_of(actor)
    notice = selectors.lock_notice(notice_id, scope=scope)
    scope.demand(booking.RIGHT, notice.company_id)
    notice.require_version(version)
    if not why.strip():
        raise InvalidInput("请填写冲销原因", "a reason is wanted", field="why")
    if debit_id is not None and debit_id not in {one.pk for one in bank_reversals(notice)}:
        raise InvalidInput(
            "所选流水不是该笔到款的冲正", "not a debit that undoes it", field="debit"
        )
    _demand_other(notice, actor)
    refunding.require_none(notice)
    has_voucher = notice.state in BOOKED or notice.state == NoticeState.SUSPENSE
    if not has_voucher and debit_id is None:
        raise Conflict(
            "尚未入账的到款只有银行冲正才能冲销，请选择对应的支出流水",
            "not booked: only the bank's own reversal ends it",
            code="illegal_move",
        )
    words = why.strip() if debit_id is None else f"银行冲正（流水 {debit_id}）：{why.strip()}"
    rows = _of_one_voucher(notice) if has_voucher else [notice]
    if notice.suspense_voucher_id is not None and not has_voucher:
        raise Conflict("请先退回认领，再冲销挂账", "hand it back first", code="illegal_move")
    if has_voucher:
        _undo_vouchers(rows, words, actor)
    for row in rows:
        if row.pk == notice.pk:
            row.reversal_entry_id = debit_id
        confirming.undone(row, why=words, actor=actor)
    return rows


def _demand_other(notice: ArrivalNotice, actor: User) -> None:
    acted = {one.person_key for one in (notice.supplementer, notice.reviewer) if one is not None}
    if actor.person_key in acted:
        raise NotAllowed(
            "补录人和复核人不能冲销该笔到款", "another person reverses", code="same_person"
        )


def _of_one_voucher(notice: ArrivalNotice) -> list[ArrivalNotice]:
    if notice.state == NoticeState.SUSPENSE:
        return [notice]
    rows = ArrivalNotice.objects.select_for_update(of=("self",)).filter(
        voucher_id=notice.voucher_id, state__in=BOOKED
    )
    return list(rows.select_related("company", "account").order_by("pk"))


def _undo_vouchers(rows: Sequence[ArrivalNotice], why: str, actor: User) -> None:
    """The red vouchers; what came out of suspense is undone on both steps."""
    ids = {pk for row in rows for pk in (row.voucher_id, row.suspense_voucher_id) if pk is not None}
    found = ledger.vouchers_by_id(ids, lock=True)
    require(len(found) == len(ids), "a booked receipt names its vouchers")
    posting.reverse([Undoing(found[pk], clock.today(), why) for pk in sorted(ids)], actor=actor)
