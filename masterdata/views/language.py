"""The language of the pages: chosen by anybody, remembered for whoever is signed in."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import check_for_language
from django.views.decorators.http import require_POST

from masterdata import services
from masterdata.models import User


def remember_language(response: HttpResponse, language: str) -> None:
    """Keep the language in the browser."""
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Switch the language of the pages, and remember it for a signed-in person."""
    wanted = request.POST.get("language", "")
    after = request.POST.get("next", "/")
    is_local = url_has_allowed_host_and_scheme(after, allowed_hosts={request.get_host()})
    response = redirect(after if is_local else "/")
    if not check_for_language(wanted) or wanted not in dict(settings.LANGUAGES):
        return response
    if isinstance(request.user, User):
        services.choose_language(user=request.user, language=wanted)
    remember_language(response, wanted)
    return response
