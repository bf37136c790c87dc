"""Electronic receipts: the list of each day that wants some, then the files, then each receipt's entry; again and again
until the day is complete.

A day is asked for on its own: several banks tell no day in their lists. Banks that make receipts overnight or on demand
answer later; their day is tried again with a growing wait.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

import structlog
from django.conf import settings

from bankadapters.contract import Ability
from bankadapters.errors import BankError, NotSent
from bankbridge import translate
from bankbridge.adapters import Line
from bankbridge.models import PullCursor
from bankbridge.recorder import About
from bankbridge.services import cursors, pull
from kernel import clock
from statements import receipt_selectors as told
from statements.services import receipts as keep

if TYPE_CHECKING:
    from masterdata.models import OwnAccount
    from statements.models import BankReceipt

log = structlog.get_logger(__name__)
Kind = PullCursor.Kind
FILES_MOST = 200  # a pull of one account; the rest comes with the next


def receipts(account_ids: Sequence[int] | None = None, *, now: bool = False) -> int:
    """Pull the receipts that are due (`now`: of these accounts, due or not); how many accounts answered for all their days."""
    claimed = cursors.claim(Kind.RECEIPT, account_ids=account_ids, regardless=now)
    return pull.by_connection(claimed, _receipts_of)


def _receipts_of(line: Line, lane: list[tuple[PullCursor, OwnAccount]]) -> int:
    count = 0
    for cursor, account in lane:
        try:
            error = _pull_account(line, cursor, account)
        except Exception as broken:
            log.warning("receipts_failed", account_id=account.pk, why=str(broken), exc_info=True)
            cursors.failed(cursor, broken)
            continue
        if error is None:
            cursors.done(cursor)
            count += 1
        else:
            cursors.failed(cursor, error)
    return count


def _pull_account(line: Line, cursor: PullCursor, account: OwnAccount) -> BankError | None:
    """Every day that wants receipts, then the files that wait; the first trouble a bank made, None when it made none."""
    trouble: BankError | None = None
    asked: list[date] = []
    begun = clock.today() - timedelta(days=settings.PULL_FIRST_DAYS + 1)
    for day in days_due(cursor):
        try:
            _list_day(line, account, day)
        except BankError as error:
            log.info("receipts_not_told", account_id=account.pk, day=str(day), why=str(error))
            keep.note_trouble(account_id=account.pk, day=day, why=str(error))
            trouble = trouble or error
            if isinstance(error, NotSent):
                break
            continue
        asked.append(day)
        if trouble is None:
            settled = max(cursor.pulled_until or begun, min(day, clock.today() - timedelta(days=1)))
            cursors.closed_until(cursor, settled)
    if Ability.RECEIPT_FILE in line.adapter.abilities:
        trouble = _fetch_files(line, account) or trouble
    keep.link_and_check(
        account_id=account.pk,
        days=asked,
        lists_entries=Ability.TRANSACTIONS in line.adapter.abilities,
    )
    return trouble


def days_due(cursor: PullCursor) -> list[date]:
    """The days to ask about, oldest first: never asked since they ended, today, and those of late that still want some."""
    today = clock.today()
    first = today - timedelta(days=settings.PULL_FIRST_DAYS)
    if cursor.pulled_until is not None:
        first = min(today, cursor.pulled_until + timedelta(days=1))
    days = {first + timedelta(days=n) for n in range((today - first).days + 1)}
    earliest = today - timedelta(days=settings.PULL_RECEIPT_DAYS)
    return sorted(days | told.wanting_days(cursor.account_id, first=earliest, last=today))


def _list_day(line: Line, account: OwnAccount, day: date) -> None:
    adapter = line.about(About("masterdata.ownaccount", account.pk, account.company_id))
    found = adapter.receipts(translate.account(account), day, day)
    keep.record_receipts(
        account_id=account.pk,
        days=[day],
        lines=[translate.receipt(one, day=day, currency=account.currency) for one in found],
        gives_files=Ability.RECEIPT_FILE in adapter.abilities,
        exchange_id=line.recorder.last_id,
    )


def _fetch_files(line: Line, account: OwnAccount) -> BankError | None:
    """The files that wait, one at a time; the first trouble."""
    trouble: BankError | None = None
    for receipt in told.files_wanted(account.pk, now=clock.now(), limit=FILES_MOST):
        try:
            _fetch_file(line, account, receipt)
        except (BankError, keep.FileUnfit) as error:
            keep.file_failed(receipt_id=receipt.pk, why=f"{type(error).__name__}: {error}")
            if isinstance(error, BankError):
                trouble = trouble or error
            if isinstance(error, NotSent):
                break
    return trouble


def _fetch_file(line: Line, account: OwnAccount, receipt: BankReceipt) -> None:
    adapter = line.about(About("statements.bankreceipt", receipt.pk, receipt.company_id))
    data = adapter.receipt_file(translate.listed(receipt, account))
    keep.keep_file(receipt_id=receipt.pk, data=data, exchange_id=line.recorder.last_id)
