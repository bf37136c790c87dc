"""One payee account: what it is and was, how it is trusted, and the calls that proved it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from desk.formats import differing_html
from desk.viewing import form_page, scope_in, version_in
from kernel import clock
from masterdata import forms, payee_selectors, selectors
from masterdata.models import CallBack, PayeeVersion
from masterdata.services import callbacks, changes
from masterdata.services.callbacks import Call
from masterdata.services.stepup import require_stepup
from masterdata.states import PayeeState
from masterdata.views.details import warnings_of


@dataclass(frozen=True)
class VersionLine:
    """One version of an account; what differs from the version before is marked."""

    version: PayeeVersion
    name: SafeString
    bank_name: SafeString
    cnaps: SafeString


def _version_lines(versions: list[PayeeVersion]) -> list[VersionLine]:
    """Newest first."""
    lines = []
    for at, one in enumerate(versions):
        before = versions[at + 1] if at + 1 < len(versions) else one
        marked = (
            differing_html(getattr(one, name), getattr(before, name))[0]
            for name in ("name", "bank_name", "cnaps")
        )
        lines.append(VersionLine(one, *marked))
    return lines


@require_safe
def payee(request: HttpRequest, account_id: int) -> HttpResponse:
    """One payee account: what was announced, by whom, its versions, its calls, and the decision."""
    scope = scope_in(request)
    row = selectors.get_payee(account_id, scope=scope)
    is_own = row.made_by is not None and row.made_by.person_key == scope.person_key
    others = (
        selectors.visible_payees(scope).filter(counterparty=row.counterparty).exclude(pk=row.pk)
    )
    calls = payee_selectors.calls_of(row.pk)
    waiting = [call for call in calls if call.state == CallBack.State.PROPOSED]
    is_confirmed = row.state == PayeeState.CONFIRMED
    context = {
        "payee": row,
        "others": others,
        "warnings": warnings_of(row.number, row.cnaps),
        "is_staged": row.state == PayeeState.STAGED,
        "is_confirmed": is_confirmed,
        "is_own": is_own,
        "can_decide": scope.has("payees.confirm"),
        "can_propose": scope.has("payees.propose"),
        "can_call": scope.has("payees.call") and is_confirmed and not is_own and not waiting,
        "standing": payee_selectors.standings([row.pk])[row.pk],
        "versions": _version_lines(payee_selectors.versions_of(row.pk)),
        "calls": calls,
        "deciding": [c for c in waiting if c.made_by.person_key != scope.person_key],
    }
    return render(request, "masterdata/payee.html", context)


def call_new(request: HttpRequest, account_id: int) -> HttpResponse:
    """Write down a call to the payee."""
    row = selectors.get_payee(account_id, scope=scope_in(request))

    def submit(values: dict[str, Any]) -> object:
        version = values.pop("version") or 0
        return callbacks.record_call(
            account_id=row.pk,
            version=version,
            call=Call(**values),
            actor=request.user,  # type: ignore[arg-type]  # signed in
        )

    initial = {"version": row.version, "called_at": clock.now()}
    return form_page(
        request,
        form=forms.CallForm(request.POST or None, initial=initial),
        submit=submit,
        title=_("回拨核实：%(name)s %(number)s") % {"name": row.name, "number": row.number},
        back=reverse("masterdata:payee", args=[row.pk]),
        done=_("回拨已登记"),
    )


@require_POST
def call_decide(request: HttpRequest, call_id: int) -> HttpResponse:
    """The second person confirms the record of a call, or sends it back."""
    require_stepup(request, "payees.decide")
    confirm = request.POST.get("decision") == "confirm"
    call = callbacks.decide_call(
        call_id=call_id,
        confirm=confirm,
        actor=request.user,  # type: ignore[arg-type]  # signed in
        why=request.POST.get("why", ""),
    )
    messages.success(request, _("回拨记录已确认") if confirm else _("回拨记录已退回"))
    return redirect("masterdata:payee", call.account_id)


@require_POST
def payee_whitelist(request: HttpRequest, account_id: int) -> HttpResponse:
    """Propose to put an account on the white list, or to take it off."""
    change = changes.propose_payee_whitelist(
        account_id=account_id,
        version=version_in(request),
        on=request.POST.get("on") == "1",
        actor=request.user,  # type: ignore[arg-type]  # signed in
    )
    return redirect("masterdata:change", change.pk)
