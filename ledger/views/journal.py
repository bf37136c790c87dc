"""The bank journal: the list of books, one account's month, its print and workbook, its opening balance."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from desk.exports import XLSX
from desk.pages import render_list
from desk.printing import qr_image, respond
from desk.viewing import form_page, scope_in
from ledger import reading, selectors, workbooks
from ledger.forms import OpeningForm
from ledger.journal import BookLine
from ledger.pages import JournalPage
from ledger.services import openings, prints
from masterdata import selectors as masterdata


def books(request: HttpRequest) -> HttpResponse:
    """Every account's book with its balance."""
    scope = scope_in(request)
    context = {"books": reading.account_books(scope), "can_import": scope.has("ledger.import")}
    return render(request, "ledger/books.html", context)


def entries(request: HttpRequest) -> HttpResponseBase:
    """The list of journal entries."""
    return render_list(request, JournalPage)


def _lines(book: reading.MonthBook) -> list[dict[str, Any]]:
    return [_shown(line) for line in book.lines]


def _shown(line: BookLine) -> dict[str, Any]:
    posting = line.posting
    number = (
        ""
        if posting is None
        else "-".join(filter(None, (posting.voucher_type, posting.voucher_no)))
    )
    return {
        "kind": line.kind,
        "day": line.day,
        "debit": line.debit,
        "credit": line.credit,
        "balance": line.balance,
        "posting": posting,
        "voucher": number,
        "url": reverse("ledger:voucher", args=[posting.voucher_id])
        if posting is not None and posting.voucher_id
        else "",
    }


def _book(
    request: HttpRequest, account_id: int, *, limit: int = reading.LINES_MAX
) -> reading.MonthBook:
    scope = scope_in(request)
    account = masterdata.get_account(account_id, scope=scope)
    scope.demand(selectors.VIEW, account.company_id)
    return reading.month_book(account, reading.month_of(request.GET.get("month", "")), limit=limit)


def _context(book: reading.MonthBook) -> dict[str, Any]:
    before, after = reading.neighbours(book.month)
    return {
        "account": book.account,
        "month": book.month,
        "book": book,
        "opening": book.opening,
        "lines": _lines(book),
        "gaps": book.gap_words,
        "before": before,
        "after": after,
    }


def journal(request: HttpRequest, account_id: int) -> HttpResponse:
    """One account's month."""
    scope = scope_in(request)
    book = _book(request, account_id)
    company_id = book.account.company_id
    context = _context(book) | {
        "can_set": scope.has("ledger.book", company_id),
        "pending": selectors.pending_opening(book.account.pk),
    }
    return render(request, "ledger/journal.html", context)


def journal_print(request: HttpRequest, account_id: int) -> HttpResponse:
    """One account's month on paper."""
    book = _book(request, account_id)
    count = prints.note(book.account, month=book.month, actor=request.user)
    context = _context(book) | {
        "qr": qr_image(f"yqlink:journal:{book.account.number}:{book.month}"),
        "prints": count,
    }
    return respond(
        request,
        "ledger/journal_print.html",
        context,
        name=f"{_('日记账')}-{book.account.number}-{book.month}",
    )


def journal_workbook(request: HttpRequest, account_id: int) -> HttpResponse:
    """One account's month as a workbook, with its daily and monthly totals."""
    book = _book(request, account_id, limit=workbooks.LINES_MAX)
    body = workbooks.journal(book, who=scope_in(request).actor_name)
    name = f"{_('日记账')}-{book.account.number}-{book.month}.xlsx"
    header = content_disposition_header(True, name) or "attachment"
    return HttpResponse(body, content_type=XLSX, headers={"Content-Disposition": header})


def opening(request: HttpRequest, account_id: int) -> HttpResponse:
    """Propose the balance the account's journal is kept from."""
    scope = scope_in(request)
    account = masterdata.get_account(account_id, scope=scope)
    scope.demand("ledger.book", account.company_id)
    now = selectors.opening_in_force(account.pk)
    initial = {} if now is None else {"day": now.day, "balance": f"{now.balance:.2f}"}
    return form_page(
        request,
        form=OpeningForm(request.POST or None, initial=initial),
        submit=lambda values: openings.propose(
            account_id=account.pk,
            actor=request.user,  # type: ignore[arg-type]  # signed in
            **values,
        ),
        title=_("日记账期初余额") + f" {account.number}",
        back=reverse("ledger:journal", args=[account.pk]),
        done=_("已提出，待另一人复核"),
    )
