"""Writes of electronic receipts: what a bank lists, the files it gives, the entries they prove, what each day wants."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F

import audit.services as audit
from kernel import clock
from kernel.errors import Conflict
from kernel.scope import Scope
from statements import filing, receipt_rules, receipt_selectors
from statements.alarms import alarm_receipts, settle_receipts
from statements.models import BankReceipt, ReceiptDay

if TYPE_CHECKING:
    from masterdata.models import User

READ = "statements.receipts"
FileState = BankReceipt.FileState
FILE_WAITS_S = (60, 300, 1800, 7200)  # between tries of one file; never given up
ALARM_AFTER_DAYS = 2  # a day's receipts are expected the next day; a day later somebody is told


@dataclass(frozen=True, kw_only=True)
class ReceiptLine:
    """One receipt as a bank lists it, in our words; None and "" are what it does not tell."""

    receipt_no: str
    day: date
    amount: Decimal | None = None
    currency: str = "CNY"
    direction: str = ""
    bank_serial: str = ""
    counterparty_account: str = ""
    verify_code: str = ""
    bank_file: str = ""
    covers_day: bool = False


_TOLD = (
    "amount",
    "currency",
    "direction",
    "bank_serial",
    "counterparty_account",
    "verify_code",
    "bank_file",
    "covers_day",
)


@transaction.atomic(durable=True)
def record_receipts(
    *,
    account_id: int,
    days: Collection[date],
    lines: Iterable[ReceiptLine],
    gives_files: bool,
    exchange_id: int | None = None,
) -> int:
    """Store what the lists of these days name and is not known yet; how many. A known receipt told differently is updated
    and audited.

    `gives_files`: whether this bank's files can be fetched over the link.
    """
    told = {(line.receipt_no, line.day): line for line in lines}
    known = receipt_selectors.lock_listed(account_id, {number for number, _ in told})
    company_id = receipt_selectors.company_of(account_id)
    fresh = []
    for key, line in told.items():
        row = known.get(key)
        values = {name: getattr(line, name) for name in _TOLD}
        if row is None:
            state = FileState.WAITING if gives_files else FileState.AT_BANK
            fresh.append(
                BankReceipt(
                    account_id=account_id, company_id=company_id, receipt_no=line.receipt_no, day=line.day,
                    exchange_id=exchange_id, file_state=state, **values,
                )
            )  # fmt: skip
        elif values != {name: getattr(row, name) for name in _TOLD}:
            _told_anew(row, values)
    made = BankReceipt.objects.bulk_create(fresh, ignore_conflicts=True, batch_size=1000)
    ReceiptDay.objects.filter(account_id=account_id, day__in=days).update(note="")
    return len(made)


@transaction.atomic(durable=True)
def note_trouble(*, account_id: int, day: date, why: str) -> None:
    """Say why the list of a day could not be had; it stands beside the day until the bank tells it."""
    ReceiptDay.objects.update_or_create(
        account_id=account_id,
        day=day,
        defaults={"note": why[:200]},
        create_defaults={
            "note": why[:200],
            "company_id": receipt_selectors.company_of(account_id),
        },
    )


def _told_anew(row: BankReceipt, values: dict[str, object]) -> None:
    """The bank says something else of a receipt than before: the link it stood on is looked for again."""
    before = {name: getattr(row, name) for name in values}
    for name, value in values.items():
        setattr(row, name, value)
    row.entry, row.link_rule = None, ""
    row.save()
    audit.record("statements.receipt.amended", actor=None, subject=row, before=before, after=values)


@transaction.atomic(durable=True)
def keep_file(*, receipt_id: int, data: bytes, exchange_id: int | None) -> BankReceipt:
    """Store the file of a receipt; a receipt that has one already keeps it. Raises FileUnfit for an empty or endless one."""
    if not data or len(data) > filing.FILE_BYTES_MAX:
        raise FileUnfit(len(data))
    row = receipt_selectors.lock_receipt(receipt_id)
    if row.file_id is None:
        row.file, row.file_state, row.file_error = filing.store(data), FileState.STORED, ""
        row.file_exchange_id, row.file_attempts = exchange_id, row.file_attempts + 1
        row.save()
    return row


class FileUnfit(Conflict):
    """What the bank gave for a receipt's file is none."""

    code = "receipt_file_unfit"

    def __init__(self, size: int) -> None:
        words = f"银行返回的回单文件为 {size} 字节，无法保存"
        super().__init__(words, f"a receipt file of {size} bytes")


def file_failed(*, receipt_id: int, why: str) -> None:
    """A try to fetch the file failed: it is tried again later, with a growing wait and without end."""
    row = BankReceipt.objects.filter(pk=receipt_id, file=None)
    attempts = row.values_list("file_attempts", flat=True).first() or 0
    wait = FILE_WAITS_S[min(attempts, len(FILE_WAITS_S) - 1)]
    row.update(
        file_attempts=F("file_attempts") + 1,
        file_error=why[:200],
        next_file_at=clock.now() + timedelta(seconds=wait),
    )


@transaction.atomic(durable=True)
def link_and_check(
    *, account_id: int, days: Collection[date], lists_entries: bool
) -> list[ReceiptDay]:
    """Find the entries of these days' receipts and count what each day wants; what is overdue opens a case.

    Run again it changes nothing: a receipt keeps its entry, unless the bank amended the entry since; then the version in
    force takes its place where it still agrees.
    """
    receipt_selectors.lock_account(account_id)
    if not days:
        return []
    first, last = min(days), max(days)
    for receipt in receipt_selectors.on_amended(account_id, first, last):
        receipt.entry, receipt.link_rule = None, ""
        receipt.save(update_fields=["entry", "link_rule"])
    papers = receipt_selectors.open_papers(account_id, first, last)
    entries = receipt_selectors.unproven(account_id, first, last)
    links = receipt_rules.pair(papers, entries)
    for link in links:
        BankReceipt.objects.filter(pk=link.receipt_id, entry=None).update(
            entry_id=link.entry_id, link_rule=link.rule
        )
    return _check(account_id, days, lists_entries=lists_entries)


_COUNTED = (
    *("company_id", "entry_count", "missing", "receipt_count", "stray", "without_file"),
    *("status", "checked_at"),
)


def _check(account_id: int, days: Collection[date], *, lists_entries: bool) -> list[ReceiptDay]:
    company_id, today = receipt_selectors.company_of(account_id), clock.today()
    told = receipt_selectors.count_days(account_id, days, today=today, lists_entries=lists_entries)
    rows = [
        ReceiptDay(
            account_id=account_id,
            day=day,
            company_id=company_id,
            entry_count=counted.entries,
            missing=counted.missing,
            receipt_count=receipts,
            stray=counted.stray if counted.lists_entries else 0,
            without_file=counted.without_file,
            status=receipt_rules.judge(counted),
            checked_at=clock.now(),
        )
        for day, (counted, receipts) in told.items()
    ]
    ReceiptDay.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["account", "day"], update_fields=_COUNTED
    )
    wanting = (ReceiptDay.Status.MISSING, ReceiptDay.Status.NO_FILE)
    settle_receipts([row.pk for row in rows if row.status not in wanting])
    late = today - timedelta(days=ALARM_AFTER_DAYS)
    for row in rows:
        if row.status in wanting and row.day <= late:
            alarm_receipts(row)
    return rows


@transaction.atomic(durable=True)
def read_file(*, receipt_id: int, actor: User, scope: Scope) -> tuple[BankReceipt, bytes]:
    """The file of a receipt for a person; that they had it stands in the trail.

    Raises NotFound, NotAllowed (statements.receipts), NoFile, FileLost.
    """
    row = receipt_selectors.get_receipt(receipt_id, scope=scope)
    scope.demand(READ, row.company_id)
    if row.file is None:
        raise NoFile()
    data = filing.read(row.file)
    audit.record("statements.receipt.read", actor=actor, subject=row)
    return row, data


@transaction.atomic(durable=True)
def note_print(*, receipt_id: int, actor: User, scope: Scope) -> BankReceipt:
    """Count a print of the receipt; who printed it last is kept. Raises NotFound, NotAllowed, NoFile."""
    receipt_selectors.get_receipt(receipt_id, scope=scope)
    row = receipt_selectors.lock_receipt(receipt_id)
    scope.demand(READ, row.company_id)
    if row.file_id is None:
        raise NoFile()
    row.print_count, row.printed_at, row.printed_by = row.print_count + 1, clock.now(), actor
    row.save(update_fields=["print_count", "printed_at", "printed_by"])
    audit.record(
        "statements.receipt.printed", actor=actor, subject=row, after={"prints": row.print_count}
    )
    return row


class NoFile(Conflict):
    """The file of this receipt is not here."""

    code = "receipt_no_file"

    def __init__(self) -> None:
        super().__init__("该回单的文件尚未取得", "the file of this receipt is not here yet")


def named(row: BankReceipt) -> str:
    """The file name a receipt is given to people under."""
    media = row.file.media if row.file is not None else "bin"
    ending = "bin" if media == "other" else media
    number = re.sub(r"[^\w.-]", "-", row.receipt_no)  # as folders of any machine take it
    return f"{row.day}_{row.account.number[-4:]}_{number}"[:120] + f".{ending}"
