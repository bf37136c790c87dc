"""Pages of one company, own account or trading partner, and the forms that make and change them."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from audit.selectors import history
from desk.viewing import form_page, scope_in, version_in
from masterdata import checks, forms, selectors
from masterdata.models import Company, Counterparty, OwnAccount
from masterdata.services import accounts, changes, companies, counterparties, payees
from masterdata.views import account_rules


def _trail(request: HttpRequest, kind: str, pk: int) -> list[dict[str, object]]:
    """The object's history as timeline nodes."""
    return [
        {"title": entry.event, "who": entry.actor_name, "when": entry.at, "note": entry.why}
        for entry in history(kind, pk, scope=scope_in(request))[:50]
    ]


# --- companies ---------------------------------------------------------------------------------------------------------


def company(request: HttpRequest, company_id: int) -> HttpResponse:
    """One company with its accounts."""
    scope = scope_in(request)
    row = selectors.get_company(company_id, scope=scope)
    context = {
        "company": row,
        "children": selectors.visible_companies(scope).filter(parent=row),
        "accounts": selectors.visible_accounts(scope).filter(company=row),
        "can_edit": scope.has("masterdata.edit", row.pk),
        "nodes": _trail(request, "masterdata.company", row.pk),
    }
    return render(request, "masterdata/company.html", context)


def _company_draft(values: dict[str, Any]) -> companies.CompanyDraft:
    return companies.CompanyDraft(
        code=values["code"],
        name=values["name"],
        short_name=values["short_name"],
        uscc=values["uscc"],
        parent_id=values["parent"],
        currency=values["currency"],
        is_active=values["is_active"],
    )


def company_form(request: HttpRequest, company_id: int | None = None) -> HttpResponse:
    """Make or change a company."""
    scope, actor = scope_in(request), request.user
    row = selectors.get_company(company_id, scope=scope) if company_id else None
    scope.demand("masterdata.edit", company_id)

    def submit(values: dict[str, Any]) -> Company:
        draft = _company_draft(values)
        if row is None:
            return companies.create_company(draft=draft, actor=actor)  # type: ignore[arg-type]  # signed in
        return companies.edit_company(
            company_id=row.pk,
            version=values["version"] or 0,
            draft=draft,
            actor=actor,  # type: ignore[arg-type]  # signed in
        )

    initial = forms.company_initial(row) if row else {}
    form = forms.CompanyForm(request.POST or None, scope=scope, initial=initial)
    title = _("编辑公司") if row else _("新建公司")
    return form_page(
        request, form=form, submit=submit, title=title, back=reverse("masterdata:companies")
    )


# --- own accounts ------------------------------------------------------------------------------------------------------


def account(request: HttpRequest, account_id: int) -> HttpResponse:
    """One own account with its switches."""
    scope = scope_in(request)
    row = selectors.get_account(account_id, scope=scope)
    context = {
        "account": row,
        "branch": selectors.branch(row.cnaps),
        "pending": selectors.pending_change(changes.SWITCH, row.pk),
        "can_edit": scope.has("masterdata.edit", row.company_id),
        "nodes": _trail(request, "masterdata.ownaccount", row.pk),
        "rulings": account_rules.rulings(row, scope) if scope.has("strategy.view") else [],
    }
    return render(request, "masterdata/account.html", context)


def _account_draft(values: dict[str, Any]) -> accounts.AccountDraft:
    return accounts.AccountDraft(
        company_id=values["company"],
        cnaps=values["cnaps"],
        branch_name=values["branch_name"],
        number=values["number"],
        name=values["name"],
        gl_subject=values["gl_subject"],
        kind=values["kind"],
        currency=values["currency"],
        branch_code=values["branch_code"],
        connection_id=values["connection"],
        is_active=values["is_active"],
    )


_ACCOUNT_FIELDS = ("version", "number", "name", "cnaps", "branch_name", "branch_code", "kind", "currency", "gl_subject", "is_active")  # fmt: skip


def account_form(request: HttpRequest, account_id: int | None = None) -> HttpResponse:
    """Make or change an own account."""
    scope, actor = scope_in(request), request.user
    row = selectors.get_account(account_id, scope=scope) if account_id else None
    scope.demand("masterdata.edit", row.company_id if row else None)

    def submit(values: dict[str, Any]) -> OwnAccount:
        draft = _account_draft(values)
        if row is None:
            return accounts.create_account(draft=draft, actor=actor)  # type: ignore[arg-type]  # signed in
        return accounts.edit_account(
            account_id=row.pk,
            version=values["version"] or 0,
            draft=draft,
            actor=actor,  # type: ignore[arg-type]  # signed in
        )

    initial: dict[str, Any] = {}
    if row is not None:
        initial = {name: getattr(row, name) for name in _ACCOUNT_FIELDS}
        initial |= {"company": row.company_id, "connection": row.connection_id}
    form = forms.AccountForm(request.POST or None, scope=scope, initial=initial)
    back = reverse("masterdata:account", args=[row.pk]) if row else reverse("masterdata:accounts")
    title = _("编辑银行账户") if row else _("新建银行账户")
    return form_page(request, form=form, submit=submit, title=title, back=back)


@require_POST
def account_switch(request: HttpRequest, account_id: int) -> HttpResponse:
    """Propose to turn a switch of an account; another person decides."""
    change = changes.propose_switch(
        account_id=account_id,
        version=version_in(request),
        switch=request.POST.get("switch", ""),
        on=request.POST.get("on") == "1",
        actor=request.user,  # type: ignore[arg-type]  # signed in
    )
    return redirect("masterdata:change", change.pk)


# --- trading partners --------------------------------------------------------------------------------------------------


def counterparty(request: HttpRequest, counterparty_id: int) -> HttpResponse:
    """One trading partner with its bank accounts."""
    scope = scope_in(request)
    row = selectors.get_counterparty(counterparty_id, scope=scope)
    context = {
        "partner": row,
        "accounts": selectors.visible_payees(scope).filter(counterparty=row),
        "can_edit": scope.has("masterdata.edit"),
        "can_propose": scope.has("payees.propose"),
        "nodes": _trail(request, "masterdata.counterparty", row.pk),
    }
    return render(request, "masterdata/counterparty.html", context)


_PARTNER_FIELDS = ("version", "code", "name", "kind", "uscc", "is_active")


def counterparty_form(request: HttpRequest, counterparty_id: int | None = None) -> HttpResponse:
    """Make or change a trading partner."""
    scope, actor = scope_in(request), request.user
    scope.demand("masterdata.edit")
    row = selectors.get_counterparty(counterparty_id, scope=scope) if counterparty_id else None

    def submit(values: dict[str, Any]) -> Counterparty:
        version = values.pop("version") or 0
        draft = counterparties.CounterpartyDraft(**values)
        if row is None:
            return counterparties.create_counterparty(draft=draft, actor=actor)  # type: ignore[arg-type]  # signed in
        return counterparties.edit_counterparty(
            counterparty_id=row.pk,
            version=version,
            draft=draft,
            actor=actor,  # type: ignore[arg-type]  # signed in
        )

    initial = {name: getattr(row, name) for name in _PARTNER_FIELDS} if row else {}
    form = forms.CounterpartyForm(request.POST or None, initial=initial)
    back = (
        reverse("masterdata:counterparty", args=[row.pk])
        if row
        else reverse("masterdata:counterparties")
    )
    title = _("编辑往来单位") if row else _("新建往来单位")
    return form_page(request, form=form, submit=submit, title=title, back=back)


def payee_form(request: HttpRequest, counterparty_id: int) -> HttpResponse:
    """Announce a bank account of a trading partner."""
    scope = scope_in(request)
    scope.demand("payees.propose")
    row = selectors.get_counterparty(counterparty_id, scope=scope)

    def submit(values: dict[str, Any]) -> object:
        proposal = payees.PayeeProposal(
            code=row.code,
            name=values["name"],
            number=values["number"],
            bank_name=values["bank_name"],
            cnaps=values["cnaps"],
            is_personal=values["is_personal"],
        )
        return payees.propose_payee(proposal=proposal, actor=request.user)  # type: ignore[arg-type]  # signed in

    form = forms.PayeeForm(request.POST or None, initial={"name": row.name})
    return form_page(
        request,
        form=form,
        submit=submit,
        title=_("新增收款账户"),
        back=reverse("masterdata:counterparty", args=[row.pk]),
        done=_("已提交，等待另一人确认"),
    )


def warnings_of(number: str, cnaps: str) -> list[str]:
    """What deserves a second look at a payee account, in words."""
    found = []
    if selectors.branch(cnaps) is None:
        found.append(_("联行号不在联行号目录中，请核对开户行"))
    if note := checks.luhn_warning(number):
        found.append(note)
    return found
