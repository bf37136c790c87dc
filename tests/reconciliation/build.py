"""Statement entries and journal entries of one account, as banks and books lay them down."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import count

from django.db import transaction

from kernel import clock
from ledger.models import JournalEntry
from ledger.rules import period_of
from ledger.services import periods
from masterdata.models import OwnAccount
from masterdata.roles import Role
from masterdata.services import dated
from masterdata.services.changes import decide_change
from statements.rules import EntryLine
from statements.services import record_entries
from tests.build import a_user

DAY = date(2026, 11, 2)
_serials = count(1)


@dataclass(frozen=True)
class Told:
    """A line of either side; `outgo` means money out."""

    amount: str = "100.00"
    day: int = 0  # after DAY
    outgo: bool = True
    ref: str = ""
    name: str = ""
    acct: str = ""
    text: str = ""
    doc: str = ""

    @property
    def on(self) -> date:
        """The calendar day."""
        return DAY + timedelta(days=self.day)


def bank_lines(account: OwnAccount, *lines: Told) -> list[int]:
    """Entries as if the bank had just told them; their ids."""
    told = [
        EntryLine(
            bank_date=line.on,
            booked_at=datetime.combine(line.on, time(10), clock.SHANGHAI),
            bank_serial=line.doc or f"S{next(_serials):012d}",
            direction="debit" if line.outgo else "credit",
            amount=Decimal(line.amount),
            currency=account.currency,
            counterparty_name=line.name,
            counterparty_account=line.acct,
            narrative=line.text,
            reference=line.ref,
        )
        for line in lines
    ]
    return list(record_entries(account_id=account.pk, lines=told).new_ids)


@transaction.atomic
def book_lines(account: OwnAccount, *lines: Told) -> list[int]:
    """Journal entries as an import of the ERP's journal lays them down; their ids."""
    periods.ensure({(account.company_id, period_of(line.on)) for line in lines})
    rows = JournalEntry.objects.bulk_create(_entry(account, line) for line in lines)
    return [row.pk for row in rows]


def _entry(account: OwnAccount, line: Told) -> JournalEntry:
    number = next(_serials)
    return JournalEntry(
        account=account,
        company_id=account.company_id,
        day=line.on,
        period=period_of(line.on),
        direction="credit" if line.outgo else "debit",
        amount=Decimal(line.amount),
        currency=account.currency,
        voucher_type="记",
        voucher_no=f"{number:04d}",
        description=line.text,
        bill_no=line.doc,
        counterparty_name=line.name,
        counterparty_account=line.acct,
        reference=line.ref,
        file_id=1,
        file_row=number,
        digest=f"{number:064d}",
    )


def both(account: OwnAccount, lines: Iterable[Told]) -> tuple[list[int], list[int]]:
    """The same lines on both sides."""
    lines = list(lines)
    return bank_lines(account, *lines), book_lines(account, *lines)


def limit_alone(account: OwnAccount, amount: str) -> None:
    """Two administrators agree: matching more than `amount` by hand takes two people."""
    admins = [a_user(Role.ADMIN, company=account.company) for _ in range(2)]
    proposal = dated.Proposal(
        values={"company": account.company_id, "subject": "", "manual_limit": amount},
        valid_from=DAY,
        source_note="制度",
    )
    change = dated.propose(
        kind_name="strategy.reconciliation.matching", proposal=proposal, actor=admins[0]
    )
    decide_change(change_id=change.pk, accept=True, actor=admins[1])
