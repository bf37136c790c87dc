"""The outbound gate: whether anything may leave at all, and what has to be settled before two people open it again."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from desk.viewing import scope_in
from payments.services import restoring


@require_http_methods(["GET", "POST"])
def gate(request: HttpRequest) -> HttpResponse:
    """The gate as it stands; a treasurer of the whole group asks for it to be opened. Accounts out of scope are only counted."""
    if request.method == "POST":
        change = restoring.propose_opening(
            actor=request.user,  # type: ignore[arg-type]  # signed in: the gate of addresses saw to it
            why=request.POST.get("why", ""),
        )
        messages.success(request, _("已申请打开出口，待另一位有权人复核"))
        return redirect("masterdata:change", change.pk)
    standing = restoring.standing()
    scope = scope_in(request)
    context = {
        "standing": standing,
        "shown": [one for one in standing.unfetched if one.company_id in scope.company_ids],
        "gate": standing.gate,
        "can_propose": scope.has(restoring.RIGHT),
    }
    return render(request, "payments/gate.html", context)
