"""Sign-in with lockout, sign-out, one's own password and language."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import check_for_language, get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from kernel.secrets import Secret
from masterdata import services
from masterdata.models import User
from masterdata.services.stepup import StepUpNeeded, require_stepup
from masterdata.views.common import form_page


class SignIn(LoginView):
    """Sign-in by name and password; five failures lock name and address together for a while."""

    template_name = "registration/login.html"
    redirect_authenticated_user = True

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """Let the person in, note it, and show pages in their language."""
        response = super().form_valid(form)
        user: Any = form.get_user()
        services.note_sign_in(user=user, origin=self.request.META.get("REMOTE_ADDR", ""))
        if settings.LANGUAGE_COOKIE_NAME not in self.request.COOKIES:
            _remember(response, user.language)
        return response


class SignOut(LogoutView):
    """Sign-out, by POST only."""

    http_method_names = ["post", "options"]


def locked_out(
    request: HttpRequest, credentials: object = None, *_args: Any, **_kwargs: Any
) -> HttpResponse:
    """What a locked-out visitor sees; says nothing of whether the name exists."""
    form = AuthenticationForm(request)
    form.full_clean()
    form.cleaned_data = {}  # an unbound form that says one thing
    form.add_error(None, _("登录失败次数过多，已暂时锁定，请 15 分钟后再试"))
    return render(request, "registration/login.html", {"form": form}, status=429)


def _remember(response: HttpResponse, language: str) -> None:
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )


def step_up(request: HttpRequest) -> HttpResponse:
    """Give the second factor before a page that wants it, then go on to it."""
    after = request.POST.get("next") or request.GET.get("next", "/")
    is_local = url_has_allowed_host_and_scheme(after, allowed_hosts={request.get_host()})
    after = after if is_local else "/"
    error = ""
    if request.method == "POST":
        try:
            require_stepup(request, "step_up")
        except StepUpNeeded as needed:
            error = needed.message_en if get_language() == "en" else needed.message
        else:
            return redirect(after)
    context = {
        "action": reverse("masterdata:step_up"),
        "carried": [("next", after)],
        "error": error,
        "tone": "bad",
        "back": "/",
        "step_up_holds": False,
    }
    return render(request, "masterdata/step_up.html", context, status=403 if error else 200)


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
    _remember(response, wanted)
    return response


def password(request: HttpRequest) -> HttpResponse:
    """Change one's own password."""
    user: Any = request.user

    def submit(values: dict[str, Any]) -> None:
        services.change_password(user=user, password=Secret(values["new_password1"]))
        update_session_auth_hash(request, user)

    form = PasswordChangeForm(user, request.POST or None)
    return form_page(
        request, form=form, submit=submit, title=_("修改密码"), back="/", done=_("密码已修改")
    )
