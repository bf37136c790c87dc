"""Confirmation (确认记账): the finance system took the voucher, so the receipts in it are done. What it said nothing of stays open."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from audit import services as audit
from desk import services as desk
from kernel import clock
from kernel.errors import Conflict, InvalidInput, require
from ledger import selectors as ledger
from ledger.reading import reversed_lately
from ledger.services import vouchers
from ledger.states import VoucherState
from masterdata import selectors as masterdata
from receipts import selectors
from receipts.models import ArrivalNotice
from receipts.services import booking
from receipts.states import NoticeState

if TYPE_CHECKING:
    from ledger.models import Voucher
    from masterdata.models import User

CHUNK = 500
LATELY = timedelta(days=45)  # a voucher undone longer ago was followed then
CASES = ("receipts.unclaimed", "receipts.return_booked", "receipts.amended_after_booking")


@transaction.atomic(durable=True)
def follow() -> int:
    """One tick: receipts whose voucher the finance system took are confirmed; those whose voucher was undone are reversed,
    out of suspense and after their confirmation too.

    Returns how many changed.
    """
    done = 0
    for row, voucher in _ended(NoticeState.BOOKED, "voucher_id", ledger.ENDED):
        if voucher.state == VoucherState.ACKED:
            _confirm(row, number=voucher.erp_voucher_no, actor=None)
        else:
            undone(row, why=_red(voucher), actor=None, keeps_suspense=_stands(row))
        done += 1
    for row, voucher in _ended(
        NoticeState.SUSPENSE, "suspense_voucher_id", (VoucherState.REVERSED,)
    ):
        undone(row, why=_red(voucher), actor=None)
        done += 1
    lately = reversed_lately(clock.now() - LATELY)
    for row, voucher in _ended(
        NoticeState.CONFIRMED, "voucher_id", (VoucherState.REVERSED,), among=lately
    ):
        undone(row, why=_red(voucher), actor=None, keeps_suspense=_stands(row))
        done += 1
    return done


def _ended(
    state: NoticeState,
    column: str,
    states: Collection[VoucherState],
    *,
    among: Collection[int] | None = None,
) -> list[tuple[ArrivalNotice, Voucher]]:
    """Receipts in this state whose voucher in this column (one of `among`, where given) came to such an end, locked, each
    with that voucher."""
    waiting = ArrivalNotice.objects.filter(**{"state": state, f"{column}__isnull": False})
    if among is not None:
        waiting = waiting.filter(**{f"{column}__in": list(among)})
    ended = ledger.ended_among(set(waiting.values_list(column, flat=True)), states=states)
    rows = waiting.select_for_update(of=("self",), skip_locked=True).filter(
        **{f"{column}__in": list(ended)}
    )
    found = rows.select_related("company", "account").order_by("pk")[:CHUNK]
    return [(row, ended[getattr(row, column)]) for row in found]


def _red(voucher: Voucher) -> str:
    return f"凭证 {voucher.number} 已红冲"


def _stands(row: ArrivalNotice) -> bool:
    """Whether the money is still booked in suspense: then it must leave it again, and never come in a second time."""
    pk = row.suspense_voucher_id
    return pk is not None and not ledger.ended_among([pk], states=(VoucherState.REVERSED,))


def _confirm(row: ArrivalNotice, *, number: str, actor: User | None) -> None:
    row.move("confirm")
    row.confirmed_at = clock.now()
    row.save_changes(["state", "confirmed_at"])
    audit.record(
        "receipts.notice.confirmed",
        actor=actor,
        subject=row,
        before={"state": str(NoticeState.BOOKED)},
        after={"state": str(row.state), "erp_voucher_no": number},
    )


def undone(
    row: ArrivalNotice, *, why: str, actor: User | None, keeps_suspense: bool = False
) -> None:
    """Step: the receipt's voucher is undone (`keeps_suspense`: not the one that put it into suspense); its invoices are open
    again. The row is locked."""
    before = str(row.state)
    if row.voucher_id is not None:
        booking.give_back_invoices([row])
    row.move("reverse")
    row.why = why[:200]
    if not keeps_suspense:
        row.suspense_voucher_id = None
    row.save_changes(["state", "why", "suspense_voucher_id", "reversal_entry_id"])
    desk.close_cases(
        kinds=CASES, subject_kind=row._meta.label_lower, subject_ids=[row.pk], outcome="已冲销"
    )
    audit.record(
        "receipts.notice.reversed",
        actor=actor,
        subject=row,
        before={"state": before, "voucher": row.voucher_label},
        after={"state": str(row.state)},
        why=why,
    )


@transaction.atomic(durable=True)
def confirm_by_hand(
    *, notice_id: int, version: int, erp_voucher_no: str, actor: User
) -> Sequence[ArrivalNotice]:
    """The accountant has seen the voucher in the finance system, which does not answer by itself; all receipts in it follow.

    Raises NotFound, NotAllowed, StaleVersion, Conflict (not booked), InvalidInput (no number).
    """
    scope = masterdata.scope_of(actor)
    notice = selectors.lock_notice(notice_id, scope=scope)
    scope.demand(booking.RIGHT, notice.company_id)
    notice.require_version(version)
    if not erp_voucher_no.strip():
        raise InvalidInput(
            "请填写财务系统的凭证号",
            "the finance system's number is wanted",
            field="erp_voucher_no",
        )
    if notice.state != NoticeState.BOOKED or notice.voucher_id is None:
        raise Conflict(
            "只有已入账的到款可以确认", "only booked receipts are confirmed", code="illegal_move"
        )
    vouchers.acknowledge({notice.voucher_id: erp_voucher_no.strip()})
    rows = list(
        ArrivalNotice.objects.select_for_update(of=("self",))
        .filter(voucher_id=notice.voucher_id, state=NoticeState.BOOKED)
        .order_by("pk")
    )
    require(rows, "the notice itself is booked in the voucher")
    for row in rows:
        _confirm(row, number=erp_voucher_no.strip(), actor=actor)
    return rows
