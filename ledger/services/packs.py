"""The pack of GB/T 24589.1-2010: asked for on the book pages, made by a job with what its person may see then."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from audit import services as audit
from desk import selectors as desk_rows
from desk import services as desk
from kernel.errors import DomainError, InvalidInput, NotFound
from kernel.scope import Scope
from ledger import selectors
from ledger.audit_pack import Book, EntryLine, JournalLine, Pack, pack
from ledger.reading import month_book, posted_lines
from ledger.rules import month_ends
from masterdata import selectors as masterdata
from masterdata.partners import partner_names, subject_names

if TYPE_CHECKING:
    from desk.models import Job
    from masterdata.models import Company, User

KIND = "ledger.audit_pack"
MONTHS_MAX = 12
LINES_MAX = 1_000_000  # of one account's month


def months_between(first: str, last: str) -> list[str]:
    """The months from the first to the last, of one year. Raises InvalidInput."""
    begin, _end = month_ends(first)
    _begin, end = month_ends(last)
    if begin > end or begin.year != end.year:
        raise InvalidInput(
            "起止月份应在同一会计年度内，先起后止", "months of one year, in order", field="last"
        )
    return [f"{begin.year:04d}-{month:02d}" for month in range(begin.month, end.month + 1)]


def _company(company_id: int, scope: Scope) -> Company:
    company = masterdata.get_company(company_id, scope=scope)
    if company.pk not in scope.companies_with(selectors.VIEW):
        raise NotFound("company", "未找到该公司")
    return company


@transaction.atomic(durable=True)
def ask(*, company_id: int, first: str, last: str, actor: User) -> Job:
    """A job that makes the pack; who asked stands in the trail. Raises NotFound, InvalidInput."""
    company = _company(company_id, masterdata.scope_of(actor))
    months = months_between(first, last)
    audit.record("ledger.audit_pack.asked", actor=actor, subject=company, after={"months": months})
    return desk.start_job(
        kind=KIND,
        title=_("GB/T 24589.1-2010 数据包 %(company)s %(first)s 至 %(last)s")
        % {"company": company.short_name, "first": months[0], "last": months[-1]},
        user_id=actor.pk,
        total=1,
        company_id=company.pk,
        params={"months": months},
    )


def make_waiting() -> int:
    """Every pack that waits; how many."""
    waiting = desk_rows.waiting_jobs(kind=KIND)
    for job_id in waiting:
        _run(desk_rows.job(job_id))
    return len(waiting)


def _run(job: Job) -> None:
    if not desk.claim_job(job_id=job.pk):
        return
    months = list(job.params["months"])
    try:
        company = _company(job.company_id or 0, masterdata.scope_of(job.created_by))
        made = make(company, months)
    except DomainError as error:
        desk.end_job(job_id=job.pk, error=error.message)
        return
    name = f"GBT24589-1-2010_{company.code}_{months[0]}_{months[-1]}.zip"
    desk.end_job(job_id=job.pk, result_name=name, result=made.data)


def make(company: Company, months: list[str]) -> Pack:
    """The pack. System look-up: the caller was allowed to see the company's books."""
    first, last = month_ends(months[0])[0], month_ends(months[-1])[1]
    partners = partner_names()
    book = Book(
        company_code=company.code,
        company_name=company.name,
        uscc=company.uscc,
        currency=company.currency,
        first=first,
        last=last,
        suppliers={code: name for kind, code, name in partners if kind != "customer"},
        customers={code: name for kind, code, name in partners if kind == "customer"},
        subjects=subject_names(company.pk),
    )
    return pack(book, lines=_lines(company.pk, months), journal=_journal(company.pk, months))


def _lines(company_id: int, months: list[str]) -> Iterator[EntryLine]:
    for line in posted_lines(company_id, months):
        voucher = line.voucher
        yield EntryLine(
            day=voucher.day,
            period=voucher.period,
            voucher_type=voucher.voucher_type,
            voucher_no=f"{voucher.voucher_no:04d}" if voucher.voucher_no else "",
            line_no=line.line_no,
            description=line.description,
            subject=line.subject,
            currency=voucher.currency,
            debit=f"{line.debit:.2f}",
            credit=f"{line.credit:.2f}",
            dimensions=(line.supplier, line.customer, line.department, line.person, line.project),
            settlement_method=line.settlement_method,
            bill_no=line.bill_no,
            bill_date=f"{line.bill_date:%Y%m%d}" if line.bill_date else "",
            attachments=voucher.attachment_count,
            maker=str(voucher.maker or "系统"),
            poster=str(voucher.poster or "系统"),
        )


def _money(value: Decimal | None) -> str:
    return "" if value is None else f"{value:.2f}"


def _journal(company_id: int, months: list[str]) -> Iterator[JournalLine]:
    accounts = masterdata.visible_accounts(masterdata.system_scope()).filter(company_id=company_id)
    for account in accounts.order_by("number"):
        for month in months:
            for one in month_book(account, month, limit=LINES_MAX).lines:
                posting = one.posting
                if posting is None:
                    continue  # a day's or a month's total
                yield JournalLine(
                    account=account.number,
                    account_name=account.name,
                    bank=account.branch_name,
                    currency=account.currency,
                    day=f"{posting.day:%Y%m%d}",
                    voucher_type=posting.voucher_type,
                    voucher_no=posting.voucher_no,
                    description=posting.description,
                    settlement_method=posting.settlement_method,
                    bill_no=posting.bill_no,
                    opposite_subject=posting.opposite_subject,
                    debit=_money(one.debit),
                    credit=_money(one.credit),
                    balance=_money(one.balance),
                )
