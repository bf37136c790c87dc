"""Which voucher a receipt stands in, by the number the finance system knows it by."""

from __future__ import annotations

from collections.abc import Collection

from kernel.scope import Scope
from ledger import selectors as ledger
from receipts.models import ArrivalNotice


def posting_keys(notice_nos: Collection[str], *, scope: Scope) -> dict[str, str]:
    """Notice number → posting key of its voucher, for booked receipts of the caller's companies."""
    rows = ArrivalNotice.objects.filter(company_id__in=scope.company_ids)
    rows = rows.filter(notice_no__in=list(notice_nos)[:5_000])
    booked = dict(rows.exclude(voucher_id=None).values_list("notice_no", "voucher_id"))
    vouchers = ledger.vouchers_by_id({pk for pk in booked.values() if pk})
    return {no: vouchers[pk].posting_key for no, pk in booked.items() if pk in vouchers}
