"""Measuring how much of each bank day is explained, at the end of the first and the second working day after it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

import structlog
from django.db import transaction

import masterdata.selectors as masterdata
import statements.selectors
from kernel import clock
from kernel.clock import Calendar
from reconciliation import explained
from reconciliation.models import ExplainedDay

log = structlog.get_logger(__name__)
LOOK_BACK = timedelta(days=31)
ZERO = Decimal("0.00")


def end_of(day: date) -> datetime:
    """The moment a day is over."""
    return datetime.combine(day + timedelta(days=1), time(), clock.SHANGHAI)


def moments(day: date, calendar: Calendar) -> tuple[datetime, datetime]:
    """T+1 and T+2 of a bank day: the ends of the first and the second working day after it."""
    first = calendar.next_working_day(day)
    return end_of(first), end_of(calendar.next_working_day(first))


def measure_due() -> int:
    """Measure every account's days whose moments have passed and that are not measured; how many rows that were."""
    now, calendar = clock.now(), masterdata.calendar()
    since = now.astimezone(clock.SHANGHAI).date() - LOOK_BACK
    known = {
        (account_id, day): is_whole for account_id, day, is_whole in explained.measured_since(since)
    }
    count = 0
    for account_id, day in statements.selectors.days_told(since=since):
        if known.get((account_id, day), False):
            continue
        first, second = moments(day, calendar)
        if now >= (second if (account_id, day) in known else first):
            try:
                _measure(account_id, day, at=(first, second if now >= second else None))
                count += 1
            except Exception:
                # One account's trouble is not the others': it is measured at the next tick.
                log.exception("measuring_failed", account_id=account_id, day=str(day))
    return count


@dataclass(frozen=True)
class _Sum:
    value: Decimal
    lines: int


@transaction.atomic(durable=True)
def _measure(account_id: int, day: date, *, at: tuple[datetime, datetime | None]) -> None:
    amounts = statements.selectors.day_amounts(account_id, day)
    account = masterdata.get_account(account_id, scope=masterdata.system_scope())
    first, second = (None if one is None else _explained(account_id, amounts, one) for one in at)
    told = {"value_t1": first.value, "lines_t1": first.lines} if first else {}
    if second is not None:
        told |= {"value_t2": second.value, "lines_t2": second.lines}
    ExplainedDay.objects.update_or_create(
        account_id=account_id,
        day=day,
        defaults={
            "company_id": account.company_id,
            "currency": account.currency,
            "value": sum(amounts.values(), ZERO),
            "lines": len(amounts),
            "measured_at": clock.now(),
            **told,
        },
    )


def _explained(account_id: int, amounts: dict[int, Decimal], moment: datetime) -> _Sum:
    held = explained.held_at(account_id, bank_ids=list(amounts), moment=moment)
    return _Sum(sum((amounts[one] for one in held), ZERO), len(held))
