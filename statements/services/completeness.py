"""The completeness job: receipts against entries, and the days a linked account's bank has not told."""

from __future__ import annotations

from datetime import date, timedelta

from django.conf import settings
from django.db import transaction

from kernel import clock
from masterdata import selectors as masterdata
from masterdata.bank_selectors import abilities_by_bank
from statements import continuity, receipt_selectors
from statements.alarms import alarm_untold, settle_untold
from statements.services.receipts import ALARM_AFTER_DAYS, link_and_check


def check_all() -> int:
    """Look at every linked account's last days; how many days were counted. A run in between changes nothing twice."""
    today = clock.today()
    first = today - timedelta(days=settings.COMPLETENESS_DAYS)
    counted = 0
    for account_id, lists_entries in receipt_selectors.listing_accounts().items():
        days = receipt_selectors.wanting_days(account_id, first=first, last=today)
        counted += len(
            link_and_check(account_id=account_id, days=days, lists_entries=lists_entries)
        )
    check_told(first=first, last=today - timedelta(days=ALARM_AFTER_DAYS))
    return counted


@transaction.atomic(durable=True)
def check_told(*, first: date, last: date) -> int:
    """Open a case for each linked account with untold days between two, close it where none is left; how many have some."""
    can = abilities_by_bank()
    accounts = {
        one.pk: one
        for one in masterdata.direct_link_accounts()
        if one.connection and "transactions" in can.get(one.connection.bank_slug, frozenset())
    }
    begun = continuity.begun_on(list(accounts))
    told = continuity.days_told(list(accounts), first=first, last=last)
    silent = 0
    for pk, account in accounts.items():
        start = max(first, begun[pk]) if pk in begun else last + timedelta(days=1)
        wanted = [start + timedelta(days=n) for n in range((last - start).days + 1)]
        untold = [day for day in wanted if day not in told.get(pk, set())]
        silent += bool(untold)
        if untold:
            alarm_untold(
                account_id=pk, company_id=account.company_id, number=account.number, days=untold
            )
        else:
            settle_untold(pk)
    return silent
