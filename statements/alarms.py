"""Exception cases of this app: an amended entry, a day that does not add up. Steps: the caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import audit.services as audit
from desk import services as desk
from statements.models import DayClose, ReceiptDay, StatementEntry

AMENDED = "statements.entry.amended"
DAY_DIFFERS = "statements.day.differs"
RECEIPTS_MISSING = "statements.receipts.missing"
DAY_UNTOLD = "statements.day.untold"


def alarm_amended(*, account_id: int, company_id: int, entry_ids: Sequence[int]) -> None:
    """The bank changed entries it had told before: somebody must look at what stands on them."""
    for entry in StatementEntry.objects.filter(pk__in=list(entry_ids)).select_related("account"):
        audit.record(
            "statements.entry.amended",
            actor=None,
            subject=entry,
            after={"revision": entry.revision, "amount": entry.amount, "serial": entry.bank_serial},
        )
        desk.open_case(
            kind=AMENDED,
            subject_kind="statements.statemententry",
            subject_id=entry.pk,
            title=f"银行更正了已报交易明细 {entry.bank_date} {entry.bank_serial}",
            company_id=company_id,
            reason="同一流水号的内容与先前取得的不同，两个版本均已保留",
            next_step="核对两个版本，必要时向开户行查询",
            owner_role="recon_accountant",
            page=f"/statements/entries/{entry.pk}/",
        )


def alarm_day(row: DayClose) -> None:
    """A closed day does not add up."""
    desk.open_case(
        kind=DAY_DIFFERS,
        subject_kind="statements.dayclose",
        subject_id=row.pk,
        title=f"{row.day} 账户余额核对不符"
        + (f"，差额 {row.difference:,}" if row.difference else f"：{row.note}"),
        company_id=row.company_id,
        severity="high",
        reason=row.note,
        next_step="重新取得该日明细；仍不符时向开户行查询",
        owner_role="recon_accountant",
        page=f"/statements/days/?account={row.account_id}",
    )


def settle_day(row: DayClose) -> None:
    """A closed day adds up (again)."""
    desk.close_case(
        kind=DAY_DIFFERS,
        subject_kind="statements.dayclose",
        subject_id=row.pk,
        outcome="重新核对相符",
    )


def alarm_receipts(row: ReceiptDay) -> None:
    """A past day still wants receipts or their files."""
    wants = (
        f"{row.missing} 笔明细缺电子回单"
        if row.missing
        else f"{row.without_file} 份电子回单的文件未能取得"
    )
    desk.open_case(
        kind=RECEIPTS_MISSING,
        subject_kind="statements.receiptday",
        subject_id=row.pk,
        title=f"{row.day} {wants}",
        company_id=row.company_id,
        reason=f"当日明细 {row.entry_count} 笔，银行列出回单 {row.receipt_count} 份",
        next_step="系统继续按时取回单；仍缺的向开户行补打",
        owner_role="recon_accountant",
        page=f"/statements/completeness/{row.account_id}/?month={row.day:%Y-%m}",
    )


def settle_receipts(day_ids: Sequence[int]) -> None:
    """The receipts of these days are all there."""
    desk.close_cases(
        kinds=[RECEIPTS_MISSING],
        subject_kind="statements.receiptday",
        subject_ids=day_ids,
        outcome="回单已取齐",
    )


def alarm_untold(*, account_id: int, company_id: int, number: str, days: Sequence[date]) -> None:
    """The bank's word on past days of a linked account is missing."""
    desk.open_case(
        kind=DAY_UNTOLD,
        subject_kind="masterdata.ownaccount",
        subject_id=account_id,
        title=f"账户 {number[-4:]} 缺 {len(days)} 天的银行明细，最早 {min(days)}",
        company_id=company_id,
        severity="high",
        reason="这些日期尚无日终核对结果，银行明细没有取得",
        next_step="检查银行通道；通道恢复后系统自动补取，或导入对账单",
        owner_role="recon_accountant",
        page=f"/statements/completeness/{account_id}/?month={min(days):%Y-%m}",
    )


def settle_untold(account_id: int) -> None:
    """Every day is told."""
    desk.close_case(
        kind=DAY_UNTOLD,
        subject_kind="masterdata.ownaccount",
        subject_id=account_id,
        outcome="各日明细已取齐",
    )
