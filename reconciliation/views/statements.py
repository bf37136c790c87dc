"""One signed statement: what it says, that it can be computed again, its print and workbook, and the reviewer's word."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from desk.viewing import scope_in, version_in
from desk.words import said
from kernel.errors import DomainError, NotAllowed, NotFound
from masterdata.services.stepup import require_stepup
from reconciliation import outstanding
from reconciliation import statement_selectors as reads
from reconciliation.models import BankReconciliationStatement
from reconciliation.outstanding import Known
from reconciliation.papers import shown
from reconciliation.services import signing
from reconciliation.states import StatementState
from reconciliation.views.sheets import print_sheet, workbook_of


def is_computed_again(row: BankReconciliationStatement) -> bool:
    """Whether the lines and matches of then give the same balances and items. The caller was allowed to see it."""
    known = Known(row.known_at, row.entry_id, row.journal_id, row.act_id)
    return outstanding.sheet(row.account, row.day, known).substance() == row.sheet.substance()


def statement(request: HttpRequest, statement_id: int) -> HttpResponse:
    """The statement as it was signed."""
    scope = scope_in(request)
    row = reads.get_statement(statement_id, scope=scope)
    waits = row.state == StatementState.PREPARED
    is_own = row.prepared_by.person_key == scope.person_key
    may = waits and scope.has(signing.REVIEW, row.company_id)
    context = {
        "row": row,
        "is_same": is_computed_again(row),
        "can_review": may and not is_own,
        "waits_for_other": waits and is_own,
        **shown(row.sheet, account_id=row.account_id),
    }
    return render(request, "reconciliation/statement.html", context)


def statement_print(request: HttpRequest, statement_id: int) -> HttpResponse:
    """The signed statement on paper or as PDF."""
    row = reads.get_statement(statement_id, scope=scope_in(request))
    return print_sheet(
        request, row.sheet, row=row, back=reverse("reconciliation:brs", args=[row.pk])
    )


def statement_workbook(request: HttpRequest, statement_id: int) -> HttpResponse:
    """The signed statement as a workbook."""
    row = reads.get_statement(statement_id, scope=scope_in(request))
    return workbook_of(row.sheet, row=row)


@require_POST
def act(request: HttpRequest, statement_id: int, act: str) -> HttpResponse:
    """The reviewer signs, or sends back."""
    actor: Any = request.user
    stepup = require_stepup(request, "reconciliation.review")
    try:
        signing.review(
            statement_id=statement_id,
            version=version_in(request),
            accept=act == "review",
            actor=actor,
            stepup=stepup,
            why=request.POST.get("why", ""),
        )
    except (NotFound, NotAllowed):
        raise
    except DomainError as error:
        messages.error(request, said(error))
    else:
        messages.success(request, _("已复核签字") if act == "review" else _("已退回"))
    return redirect("reconciliation:brs", statement_id)
