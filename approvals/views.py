"""Pages of the matrix beside its list: a trial of a payment, and the gaps."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from approvals.forms import TrialForm
from approvals.trial import trial
from desk.viewing import scope_in
from desk.words import said
from kernel.errors import DomainError


@require_safe
def matrix_trial(request: HttpRequest) -> HttpResponse:
    """Which row rules a payment and who approves it; below, the amounts no row covers."""
    scope = scope_in(request)
    form = TrialForm(request.GET if "company" in request.GET else None, scope=scope)
    found = None
    if form.is_bound and form.is_valid():
        given = dict(form.cleaned_data)
        try:
            found = trial(company_id=given.pop("company"), account_id=given.pop("account"), **given)
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, said(error))
    context = {"form": form, "trial": found}
    return render(request, "approvals/matrix_trial.html", context)
