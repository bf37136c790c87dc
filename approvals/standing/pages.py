"""Pages of standing mandates: every version, its signature by a releaser, its end at once."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from approvals.services import Signing
from approvals.signing import keys, tokens
from approvals.signing.trust import TrustAbsent
from approvals.standing import services
from approvals.standing.models import StandingAuthority
from desk import services as desk
from desk.viewing import scope_in
from desk.words import said
from kernel import clock, seal
from kernel.dated import in_force
from kernel.errors import Conflict, DomainError, NotAllowed, NotFound
from kernel.secrets import Secret
from masterdata.services.stepup import StepUpNeeded, require_stepup

WAITS, LIVE, LAME, STOPPED, OUT = "waits", "live", "lame", "stopped", "out"
PURPOSE = "standing.sign"


def _state(row: StandingAuthority, versions: list[StandingAuthority]) -> tuple[str, str]:
    """Whether a version may be used today, and why one that was signed may not."""
    if hasattr(row, "stopped"):
        return STOPPED, ""
    if services.is_open(row):
        return WAITS, ""
    mine = [one for one in versions if one.line == row.line]
    if row.is_withdrawn or row.pk not in {one.pk for one in in_force(mine, clock.today())}:
        return OUT, ""
    try:
        why = services.lapsed(row, now=clock.now())
    except TrustAbsent as error:
        why = str(error)
    return (LAME, why) if why else (LIVE, "")


@require_safe
def mandates(request: HttpRequest) -> HttpResponse:
    """Every version for the viewer's companies, newest first."""
    rows = services.visible(scope_in(request))
    lines = [{"row": row, "state": _state(row, rows)[0]} for row in rows]
    return render(request, "approvals/standing.html", {"lines": lines})


def _shown(row: StandingAuthority) -> bytes:
    """What the page of a version shows, in canonical bytes: the releaser signs that, too."""
    said = {"digest": row.digest, "terms": row.facts(), "accounts": row.accounts()}
    companies = [str(row.payer.company), str(row.target.company)]
    return seal.canonical({**said, "companies": companies})


def _page(
    request: HttpRequest, authority_id: int, *, error: DomainError | None = None
) -> HttpResponse:
    scope, user = scope_in(request), request.user
    row = services.get(authority_id, scope=scope)
    company_id = row.payer.company_id
    state, lame = _state(row, services.visible(scope))
    may_sign = services.holds_right(scope, row) and services.is_open(row)
    token, sign = "", None
    if may_sign:
        token = desk.issue_token(
            user_id=user.pk or 0, purpose=PURPOSE, digest=row.digest, shown=_shown(row)
        )
        sign = _key_shown(request, row, token)
    may_stop = any(scope.has(right, company_id) for right in services.STOP_RIGHTS)
    context = {
        "row": row,
        "state": state,
        "lame": lame,
        "token": token,
        "sign": sign,
        "may_sign": may_sign,
        "may_stop": may_stop and not hasattr(row, "stopped"),
        **_released(row),
        "sign_error": "" if error is None else said(error),
    }
    status = 200 if error is None else error.status
    return render(request, "approvals/standing_version.html", context, status=status)


def _released(row: StandingAuthority) -> dict[str, Any]:
    """What went between its accounts this month: the last fifty, and the sums of today and of the month."""
    here = clock.now().astimezone(clock.SHANGHAI)
    midnight = here.replace(hour=0, minute=0, second=0, microsecond=0)
    releases = services.released_under(row, since=midnight.replace(day=1))
    return {
        "releases": releases[-50:],
        "day_total": sum((one.amount for one in releases if one.at >= midnight), Decimal(0)),
        "month_total": sum((one.amount for one in releases), Decimal(0)),
    }


def _key_shown(request: HttpRequest, row: StandingAuthority, token: str) -> dict[str, Any]:
    user: Any = request.user
    key = keys.active(user)
    if key is None or key.provider != "webauthn":
        return {"fingerprint": "" if key is None else key.fingerprint[:16]}
    page = tokens.Page(services.ACT, token, _shown(row), [row.digest])
    return {"fingerprint": key.fingerprint[:16], "asking": tokens.asking(key, page)}


@require_safe
def mandate(request: HttpRequest, authority_id: int) -> HttpResponse:
    """One version: its terms, who signed it, what went out under it this month."""
    return _page(request, authority_id)


@require_POST
def sign(request: HttpRequest, authority_id: int) -> HttpResponse:
    """Sign a version with the own key; what was typed wrong leaves the page standing."""
    user: Any = request.user
    row = services.get(authority_id, scope=scope_in(request))
    try:
        signing = _signing(request, row)
        services.sign(authority_id=authority_id, actor=user, signing=signing)
    except (NotFound, StepUpNeeded):
        raise
    except DomainError as error:
        return _page(request, authority_id, error=error)
    messages.success(request, _("常设授权已签署，即日起在其上限内生效"))
    return redirect("approvals:mandate", authority_id)


def _signing(request: HttpRequest, row: StandingAuthority) -> Signing:
    user: Any = request.user
    token = request.POST.get("token", "")
    shown = desk.shown_with(token=token, user_id=user.pk)
    seen = json.loads(shown) if shown else {}
    if (seen.get("digest"), seen.get("accounts")) != (row.digest, row.accounts()):
        raise Conflict(
            "页面已过期，请重新打开", "the page showed something else", code="token_mismatch"
        )
    if answer := request.POST.get(tokens.ANSWER, ""):
        page = tokens.Page(services.ACT, token, shown, [row.digest])
        signer, stepup = tokens.unlock(user=user, page=page, answer=answer)
        return Signing(signer=signer, shown=shown, stepup=stepup)
    stepup = require_stepup(request, "approvals.standing")
    passphrase = Secret(request.POST.get("passphrase", ""))
    return Signing(signer=keys.unlock(user=user, passphrase=passphrase), shown=shown, stepup=stepup)


@require_POST
def stop(request: HttpRequest, authority_id: int) -> HttpResponse:
    """End a version at once."""
    user: Any = request.user
    try:
        services.stop(authority_id=authority_id, actor=user, why=request.POST.get("why", ""))
    except (NotFound, NotAllowed):
        raise
    except DomainError as error:
        messages.error(request, said(error))
    else:
        messages.success(request, _("常设授权已停用，未发送的不再发送"))
    return redirect("approvals:mandate", authority_id)
