"""The vouchers a booking would give, before anybody books: the booking itself, undone, so that nothing can look otherwise."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction

from ledger import selectors as ledger
from masterdata import selectors as masterdata
from receipts.services import booking

if TYPE_CHECKING:
    from ledger.models import Voucher, VoucherLine
    from masterdata.models import User
    from receipts.models import BookingLine


@dataclass(frozen=True)
class Foreseen:
    """One voucher with its lines and the receipts in it, as it would be posted; it has no number yet."""

    voucher: Voucher
    lines: Sequence[VoucherLine]
    notices: Sequence[str]


@dataclass(frozen=True)
class Preview:
    """What would be booked, and what would not, with the reason."""

    company: str
    vouchers: Sequence[Foreseen]
    refused: Sequence[BookingLine]


@transaction.atomic(durable=True)
def preview(*, notice_ids: Collection[int], actor: User) -> Preview:
    """What booking these receipts would give; nothing of it stays. Raises as `booking.book` does."""
    rows = booking.rows_to_book(notice_ids, scope=masterdata.scope_of(actor))
    run = booking.book_rows(rows, actor=actor)
    told = list(run.lines.select_related("notice").order_by("pk"))
    vouchers = ledger.vouchers_by_id({one.voucher_id for one in told if one.voucher_id})
    found = [
        Foreseen(
            voucher,
            list(voucher.lines.select_related("account").order_by("line_no")),
            [one.notice.notice_no for one in told if one.voucher_id == pk],
        )
        for pk, voucher in sorted(vouchers.items())
    ]
    refused = [one for one in told if not one.voucher_id]
    transaction.set_rollback(True)
    return Preview(str(rows[0].company), found, refused)
