"""Exception cases of this app: an amended entry, a day that does not add up. Steps: the caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence

import audit.services as audit
from desk import services as desk
from statements.models import DayClose, StatementEntry

AMENDED = "statements.entry.amended"
DAY_DIFFERS = "statements.day.differs"


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
        title=f"{row.day} 账户余额核对不符，差额 {row.difference:,}",
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
