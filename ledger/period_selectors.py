"""Reads of months beyond one company's view. System look-ups, all of them: the caller scoped the company."""

from __future__ import annotations

from kernel.errors import NotFound
from ledger.models import Period, Voucher
from ledger.states import PeriodState, VoucherState

_WITH = ("company", "asked_by", "decided_by")


def period_row(company_id: int, month: str) -> Period | None:
    """The company's month, if anything was ever booked in it."""
    rows = Period.objects.filter(company_id=company_id, code=month)
    return rows.select_related(*_WITH).first()


def lock_period(period_id: int) -> Period:
    """The month, locked until the caller's transaction ends; raises NotFound."""
    rows = Period.objects.select_for_update(of=("self",)).select_related(*_WITH)
    found = rows.filter(pk=period_id).first()
    if found is None:
        raise NotFound("period", "未找到该会计期间")
    return found


def locked_periods() -> list[Period]:
    """Every closed month of every company."""
    return list(
        Period.objects.filter(state=PeriodState.LOCKED).select_related(*_WITH).order_by("pk")
    )


def open_months_before(company_id: int, month: str) -> list[str]:
    """The company's earlier months that are still open, oldest first."""
    rows = Period.objects.filter(company_id=company_id, code__lt=month, state=PeriodState.OPEN)
    return list(rows.order_by("code").values_list("code", flat=True))


def periods_of(company_ids: list[int], month: str) -> dict[int, Period]:
    """A month of these companies, where it has a row."""
    rows = Period.objects.filter(company_id__in=company_ids, code=month).select_related(*_WITH)
    return {row.company_id: row for row in rows}


def unfinished_vouchers(company_id: int, month: str) -> tuple[int, int]:
    """(drafts, posted but not acknowledged) of a month; the second counts only where the ERP ever acknowledged one."""
    rows = Voucher.objects.filter(company_id=company_id, period=month)
    drafts = rows.filter(state=VoucherState.DRAFT).count()
    answers = Voucher.objects.filter(company_id=company_id, acked_at__isnull=False).exists()
    return drafts, rows.filter(state=VoucherState.POSTED).count() if answers else 0
