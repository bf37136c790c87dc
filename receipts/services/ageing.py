"""Money nobody has claimed: a case once it is too old, closed when somebody takes it."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction

from desk import services as desk
from desk.services import NewCase
from kernel import clock
from masterdata.strategies import Strategies
from receipts.models import ArrivalNotice
from receipts.states import NoticeState
from receipts.topics import Receiving

KIND = "receipts.unclaimed"
CHUNK = 500


@transaction.atomic(durable=True)
def ring() -> int:
    """One tick: a case for each receipt that waits longer than the company allows; how many wait so."""
    now = clock.now()
    rows = (
        ArrivalNotice.objects.filter(
            state__in=[NoticeState.FETCHED, NoticeState.REJECTED],
            created_at__lt=now - timedelta(days=1),
        )
        .select_related("company", "account")
        .order_by("pk")
    )
    strategies = Strategies(now.date()).on(now.date())
    late = []
    for row in rows[: CHUNK * 10]:
        allowed = strategies.of(Receiving, row.company, row.account.gl_subject)[0].unclaimed_days
        if now - row.created_at >= timedelta(days=allowed):
            late.append((row, allowed))
    desk.open_cases(
        [
            NewCase(
                kind=KIND,
                subject_kind=row._meta.label_lower,
                subject_id=row.pk,
                company_id=row.company_id,
                title=f"到款 {row.notice_no} {row.currency} {row.amount:,.2f} 超过 {allowed} 天无人认领",
                reason=f"{row.counterparty_name or '付款方未知'} {row.narrative}".strip(),
                next_step="查明付款方后补录；无法查明的挂账或退款",
                owner_role="receipts_accountant",
            )
            for row, allowed in late
        ]
    )
    return len(late)
