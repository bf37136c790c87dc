"""Sign-in in two steps: name and password, then the second factor; a person without one binds it on the way.

Nobody is signed in before both are given: between the steps the anonymous session only remembers who is on the way.
"""

from __future__ import annotations

import time
from typing import Any

from axes.handlers.proxy import AxesProxyHandler
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import authenticate, login, logout
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.contrib.auth.signals import user_login_failed
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.crypto import constant_time_compare
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from desk.printing import qr_image
from desk.words import said
from kernel import clock
from kernel.errors import InvalidInput
from masterdata.models import User, UserSession
from masterdata.origin import address_of, agent_of
from masterdata.services import factors, security_keys, sessions
from masterdata.services.sessions import End, Result
from masterdata.views.language import remember_language

BACKEND = "django.contrib.auth.backends.ModelBackend"
LOCKED = "locked"  # session mark: idle for too long, the password opens it again
SIGNED_IN_AT, SEEN_AT = "signed_in_at", "seen_at"
_PENDING, _PENDING_S = "sign_in", 300


def _note(
    request: HttpRequest, result: Result, *, user: User | None, username: str = "", method: str
) -> None:
    sessions.note_try(
        username=username or (user.username if user else ""),
        user=user,
        origin=address_of(request),
        agent=agent_of(request),
        method=method,
        result=result,
    )


def _named(username: str) -> User | None:
    return User.objects.filter(username=username).first()


class SignIn(LoginView):
    """Name and password; five failures lock name and address together for a while."""

    template_name = "registration/login.html"
    redirect_authenticated_user = True

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """The password is right: on to the second factor (at once, when the code came along)."""
        user: Any = form.get_user()
        self.request.session.flush()  # nothing of an earlier visitor comes along
        self.request.session[_PENDING] = {
            "user": user.pk,
            "hash": user.get_session_auth_hash(),
            "at": time.time(),
            "next": self.get_redirect_url(),
        }
        if factors.factor_of(user) is None:
            return redirect("masterdata:sign_in_enrol")
        if self.request.POST.get("otp"):
            return code(self.request)
        return redirect("masterdata:sign_in_code")

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        """Say no more than that it was wrong, and write it down."""
        name = str(form.data.get("username", ""))
        if name and not getattr(self.request, "axes_locked_out", False):
            _note(
                self.request,
                Result.BAD_PASSWORD,
                user=_named(name),
                username=name,
                method="password",
            )
        return super().form_invalid(form)


class SignOut(LogoutView):
    """Sign-out, by POST only."""

    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """End the session for good."""
        sessions.close_session(key=request.session.session_key or "", end=End.SIGNED_OUT)
        return super().post(request, *args, **kwargs)  # type: ignore[return-value]  # a redirect


def tell_how_it_ended(request: HttpRequest) -> None:
    """Leave a message for the sign-in page when this browser's session did not end by its owner's hand."""
    ended = sessions.how_it_ended(request.COOKIES.get(settings.SESSION_COOKIE_NAME, ""))
    if ended is not None and ended.end != End.SIGNED_OUT:
        messages.warning(request, _told(ended))


def _told(ended: UserSession) -> str:
    at = (ended.ended_at or ended.opened_at).astimezone(clock.SHANGHAI)
    words = {
        End.REPLACED: _("您的账号已于 %(at)s 在 %(place)s 登录，此处的会话已结束。如非本人操作，请立即联系安全管理员。"),
        End.TOO_OLD: _("会话已超过最长时限，请重新登录。"),
        End.REVOKED: _("您的权限已于 %(at)s 变更，请重新登录。"),
        End.DEACTIVATED: _("此账号已停用，请联系安全管理员。"),
        End.PASSWORD: _("密码已于 %(at)s 修改，请重新登录。"),
        End.BY_ADMIN: _("安全管理员已于 %(at)s 结束此会话。"),
        End.BY_PERSON: _("您已于 %(at)s 在别处结束此会话。"),
    }  # fmt: skip
    return words[End(ended.end)] % {"at": f"{at:%m-%d %H:%M}", "place": ended.end_note or "—"}


def locked_out(
    request: HttpRequest, credentials: Any = None, *_args: Any, **_kwargs: Any
) -> HttpResponse:
    """What a locked-out visitor sees; says nothing of whether the name exists."""
    name = str((credentials or {}).get("username", ""))
    _note(request, Result.LOCKED_OUT, user=_named(name), username=name, method="password")
    form = AuthenticationForm(request)
    form.full_clean()
    form.cleaned_data = {}  # an unbound form that says one thing
    form.add_error(None, _("登录失败次数过多，已暂时锁定，请 15 分钟后再试"))
    return render(request, "registration/login.html", {"form": form}, status=429)


# --- the second step -------------------------------------------------------------------------------------------------


def _on_the_way(request: HttpRequest) -> User | None:
    """Whose password this browser just gave; nobody after five minutes, or when it was changed meanwhile."""
    kept = request.session.get(_PENDING)
    if not kept or not 0 <= time.time() - kept["at"] <= _PENDING_S:
        return None
    user = User.objects.filter(pk=kept["user"], is_active=True).first()
    if user is None or not constant_time_compare(kept["hash"], user.get_session_auth_hash()):
        return None
    return user


def _start_again(request: HttpRequest) -> HttpResponse:
    request.session.pop(_PENDING, None)
    messages.info(request, _("登录已超时，请重新输入用户名和密码。"))
    return redirect("masterdata:sign_in")


def _failed(request: HttpRequest, user: User, result: Result, method: str) -> None:
    """A wrong second factor counts towards the lockout as a wrong password does."""
    _note(request, result, user=user, method=method)
    user_login_failed.send(__name__, credentials={"username": user.username}, request=request)


def code(request: HttpRequest) -> HttpResponse:
    """The code of the second factor, a touch of a security key, or one of the recovery codes."""
    user = _on_the_way(request)
    if user is None:
        return _start_again(request)
    error = ""
    given, answer = request.POST.get("otp", "").strip(), request.POST.get(security_keys.ANSWER, "")
    if request.method == "POST" and (given or answer):
        if not AxesProxyHandler.is_allowed(request, {"username": user.username}):
            return locked_out(request, {"username": user.username})
        method, error = _proven(request, user, given, answer)
        if not error:
            return _enter(request, user, method)
        _failed(request, user, Result.BAD_CODE, method)
    asking = security_keys.asking(user, request.session)
    context: dict[str, Any] = {"error": error, "person": user, "asking": asking}
    return render(request, "registration/code.html", context, status=403 if error else 200)


def _proven(request: HttpRequest, user: User, given: str, answer: str) -> tuple[str, str]:
    """By which method the person proved who they are, and why it did not do; no reason where it did."""
    if answer:
        try:
            security_keys.verify(user=user, session=request.session, answer=answer, act="sign_in")
        except security_keys.KeyRefused as refusal:
            return "password+key", said(refusal)
        return "password+key", ""
    if given.replace(" ", "").isdigit():
        checked = factors.verify_code(user=user, code=given)
        return "password+totp", said(checked.refusal) if checked.refusal else ""
    is_good = factors.spend_recovery_code(user=user, code=given)
    return "password+recovery", "" if is_good else _("恢复码不正确或已用过")


def enrol(request: HttpRequest) -> HttpResponse:
    """The first sign-in, or the first after a reset: bind a code generator, keep the recovery codes."""
    user = _on_the_way(request)
    if user is None:
        return _start_again(request)
    if factors.factor_of(user) is not None:
        return redirect("masterdata:sign_in_code")
    error = ""
    if request.method == "POST":
        try:
            codes = factors.confirm_enrolment(user=user, code=request.POST.get("otp", ""))
        except InvalidInput as refusal:
            error = said(refusal)
        else:
            after = _enter(request, user, "password+totp")
            shown = {"codes": codes, "next": after["Location"]}
            return render(request, "registration/recovery.html", shown)
    factor = factors.offered(user) if error else factors.begin_enrolment(user=user)
    context = {
        "error": error,
        "qr": qr_image(factor.config_url),
        "secret": factors.secret_words(factor),
        "person": user,
    }
    return render(request, "registration/enrol.html", context, status=422 if error else 200)


def _enter(request: HttpRequest, user: User, method: str) -> HttpResponseRedirect:
    """Both steps are done: the session begins, the person's other one ends, the last visit is shown."""
    after = request.session.get(_PENDING, {}).get("next") or settings.LOGIN_REDIRECT_URL
    last, failed = sessions.last_sign_in(user)
    login(request, user, backend=BACKEND)
    if request.session.session_key is None:
        request.session.save()
    request.session[SIGNED_IN_AT] = request.session[SEEN_AT] = time.time()
    ended = sessions.open_session(
        user=user,
        key=request.session.session_key or "",
        origin=address_of(request),
        agent=agent_of(request),
        method=method,
    )
    _note(request, Result.OK, user=user, method=method)
    response = HttpResponseRedirect(after)
    language = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME)
    if language is None:
        language = user.language
        remember_language(response, language)
    with translation.override(language):  # of the pages that follow
        _greet(request, last, failed, [row.origin or "—" for row in ended])
        if method.endswith("recovery"):
            messages.warning(
                request, _("您使用了恢复码登录。动态验证器如已遗失，请联系安全管理员重置。")
            )
    return response


def _greet(request: HttpRequest, last: Any, failed: int, ended_at: list[str]) -> None:
    if last is not None:
        at = last.at.astimezone(clock.SHANGHAI)
        words = _("上次登录：%(at)s，来自 %(place)s。") % {
            "at": f"{at:%Y-%m-%d %H:%M}",
            "place": last.origin or "—",
        }
        messages.info(request, words)
    if failed:
        messages.warning(
            request, _("其间有 %(count)s 次登录失败，如非本人操作请修改密码。") % {"count": failed}
        )
    for place in ended_at:
        messages.warning(request, _("您在 %(place)s 的另一个会话已结束。") % {"place": place})


# --- the lock screen -------------------------------------------------------------------------------------------------


def unlock(request: HttpRequest) -> HttpResponse:
    """The idle session opens again by its owner's password; what was being typed stays where it was."""
    user: Any = getattr(request, "locked_user", None)
    if user is None:
        return redirect("/")
    after = _local(request, request.POST.get("next") or request.GET.get("next", "/"))
    error = ""
    if request.method == "POST" and "password" in request.POST:
        found = authenticate(
            request, username=user.username, password=request.POST.get("password", "")
        )
        if found is not None and found.pk == user.pk:
            _note(request, Result.UNLOCKED, user=user, method="password")
            request.session.pop(LOCKED, None)
            request.session[SEEN_AT] = time.time()
            if request.headers.get("Accept") == "application/json":
                return HttpResponse(status=204)
            return _go_on(request, after)
        _note(request, Result.BAD_UNLOCK, user=user, method="password")
        error = _("密码不正确")
        if not AxesProxyHandler.is_allowed(request, {"username": user.username}):
            sessions.close_session(key=request.session.session_key or "", end=End.REVOKED)
            logout(request)
    context = {"error": error, "person": user, "next": after, "carried": _carried(request)}
    return render(request, "registration/unlock.html", context, status=403 if error else 200)


def tried_password(
    request: HttpRequest, user: User, form: PasswordChangeForm
) -> HttpResponse | None:
    """Count a wrong old password as one at the sign-in; after too many the session ends and this page is shown."""
    named = {"username": user.username}
    is_open = AxesProxyHandler.is_allowed(request, named)
    if is_open and not form.has_error("old_password", "password_incorrect"):
        return None
    if is_open:
        _failed(request, user, Result.BAD_PASSWORD, "password")
        if not getattr(request, "axes_locked_out", False):
            return None
    sessions.close_session(key=request.session.session_key or "", end=End.REVOKED)
    logout(request)
    return locked_out(request, named)


def _local(request: HttpRequest, address: str) -> str:
    is_local = url_has_allowed_host_and_scheme(address, allowed_hosts={request.get_host()})
    return address if is_local else "/"


def _carried(request: HttpRequest) -> list[tuple[str, str]]:
    """What the locked-out form had in it: it travels through the lock screen and is offered again."""
    left_out = {"csrfmiddlewaretoken", "password", "next", "otp"}
    return [
        (name, value)
        for name, values in request.POST.lists()
        for value in values
        if name not in left_out
    ]


def _go_on(request: HttpRequest, after: str) -> HttpResponse:
    carried = _carried(request)
    if not carried:
        return HttpResponseRedirect(after)
    context = {"action": after, "carried": carried}
    return render(request, "registration/go_on.html", context)


def presence(request: HttpRequest) -> HttpResponse:
    """The person is typing: the session counts as seen (the middleware has noted it)."""
    return HttpResponse(status=204)
