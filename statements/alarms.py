"""Exception cases of this app: an amended entry, a day that does not add up. Steps: the caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from statements.models import DayClose

log = structlog.get_logger(__name__)


def alarm_amended(*, account_id: int, company_id: int, entry_ids: Sequence[int]) -> None:
    """The bank changed entries it had told before: somebody must look at what stands on them."""
    log.warning("statement_entries_amended", account_id=account_id, entries=len(entry_ids))


def alarm_day(row: DayClose) -> None:
    """A closed day does not add up."""
    log.warning("day_differs", account_id=row.account_id, day=str(row.day))


def settle_day(row: DayClose) -> None:
    """A closed day adds up (again)."""
    log.info("day_closed", account_id=row.account_id, day=str(row.day))
