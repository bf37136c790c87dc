"""我的安全: binding a security key as one's second factor, and taking it away again."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from desk.words import said
from kernel.errors import DomainError, NotFound
from masterdata.services import security_keys
from masterdata.services.stepup import require_stepup


@require_http_methods(["GET", "POST"])
def key_new(request: HttpRequest) -> HttpResponse:
    """Bind a security key: an older factor proves who asks, the token proves that it is there."""
    user: Any = request.user
    require_stepup(request, "security_key.bind")
    error = ""
    if answer := request.POST.get("new_key", ""):
        try:
            token = security_keys.made(request.session, answer)
            security_keys.bind(user=user, name=request.POST.get("name", ""), token=token)
        except DomainError as refusal:
            error = said(refusal)
        else:
            messages.success(request, _("安全密钥已绑定"))
            return redirect("masterdata:security")
    context = {
        "asking": security_keys.offer(user, request.session),
        "name": request.POST.get("name", ""),
        "error": error,
    }
    status = 422 if error else 200
    return render(request, "masterdata/security_key.html", context, status=status)


@require_POST
def key_end(request: HttpRequest, own_key_id: int) -> HttpResponse:
    """Take one of one's security keys away."""
    user: Any = request.user
    if own_key_id not in {one.pk for one in security_keys.keys_of(user)}:
        raise NotFound("security key")
    require_stepup(request, "security_key.unbind")
    security_keys.unbind(user=user, key_id=own_key_id)
    messages.success(request, _("安全密钥已解绑"))
    return redirect("masterdata:security")
