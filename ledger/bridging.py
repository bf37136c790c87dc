"""What the ERP border compares of our books: posted vouchers with what the finance system said of them. System look-ups."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Q

from ledger.models import Voucher
from ledger.states import VoucherState


@dataclass(frozen=True)
class Bridged:
    """A posted voucher: `amount` is the sum of its debits, `their_number` what the finance system booked it under."""

    voucher_id: int
    posting_key: str
    number: str
    amount: Decimal
    currency: str
    state: str
    their_number: str
    posted_at: datetime
    changed_at: datetime


def bridged_vouchers(company_id: int, *, since: datetime, keys: Collection[str]) -> list[Bridged]:
    """A company's vouchers posted from `since` on, or under one of these posting keys."""
    rows = Voucher.objects.filter(company_id=company_id, posted_at__isnull=False)
    wanted = Q(posted_at__gte=since) | Q(posting_key__in=list(keys), posted_at__lt=since)
    rows = rows.filter(wanted).exclude(state__in=[VoucherState.DRAFT, VoucherState.VOID])
    return [
        Bridged(
            voucher_id=row.pk,
            posting_key=row.posting_key,
            number=row.number,
            amount=row.amount,
            currency=row.currency,
            state=str(row.state),
            their_number=row.erp_voucher_no,
            posted_at=row.posted_at,
            changed_at=row.updated_at,
        )
        for row in rows.order_by("pk")
        if row.posted_at is not None
    ]
