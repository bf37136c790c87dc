"""我的安全: one's own password, second factor, sessions and visits; and the second factor asked for on the way."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.forms import PasswordChangeForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from desk.printing import qr_image
from desk.viewing import form_page
from desk.words import said
from kernel import clock
from kernel.errors import InvalidInput
from kernel.secrets import Secret
from masterdata import passwords, services
from masterdata.forms import DelegationForm
from masterdata.models import UserSession
from masterdata.people_selectors import delegations_of, duties_of
from masterdata.services import delegations, factors, security_keys, sessions
from masterdata.services.stepup import StepUpNeeded, require_stepup
from masterdata.views.sign_in import tried_password


@require_GET
def security(request: HttpRequest) -> HttpResponse:
    """Everything that lets this person in, and who came in with it."""
    user: Any = request.user
    mine = UserSession.objects.filter(user=user).order_by("-pk")
    context = {
        "person": user,
        "duties": duties_of(user),
        "delegations": delegations_of(user),
        "factor": factors.factor_of(user),
        "security_keys": security_keys.keys_of(user),
        "recovery_left": user.recovery_codes.filter(used_at=None).count(),
        "sessions": mine[:10],
        "this_session": sessions.digest_of(request.session.session_key or ""),
        "tries": user.sign_in_tries.order_by("-pk")[:15],
        "password_age_days": (clock.now() - user.password_set_at).days,
        "password_days": settings.PASSWORD_DAYS,
    }
    return render(request, "masterdata/security.html", context)


@require_http_methods(["GET", "POST"])
def password(request: HttpRequest) -> HttpResponse:
    """Change one's own password; other sessions end."""
    user: Any = request.user

    def submit(values: dict[str, Any]) -> None:
        services.change_password(
            user=user,
            password=Secret(values["new_password1"]),
            session_key=request.session.session_key or "",
        )
        _keep_session(request, user)

    must = passwords.must_change(user)
    form = PasswordChangeForm(user, request.POST or None)
    if request.method == "POST" and (refused := tried_password(request, user, form)):
        return refused
    hint = _("密码由他人设置或已到期，修改后才能继续。") if must else ""
    back = "/" if must else reverse("masterdata:security")
    return form_page(
        request,
        form=form,
        submit=submit,
        title=_("修改密码"),
        back=back,
        done=_("密码已修改，其他会话已结束"),
        extra={"hint": hint},
    )


def _keep_session(request: HttpRequest, user: Any) -> None:
    """The session goes on under the new password (and a new key)."""
    old = request.session.session_key or ""
    update_session_auth_hash(request, user)
    sessions.rename_session(old=old, new=request.session.session_key or "")


@require_POST
def end_sessions(request: HttpRequest) -> HttpResponse:
    """End all other sessions."""
    user: Any = request.user
    count = sessions.end_own_sessions(user=user, but_key=request.session.session_key or "")
    messages.success(request, _("已结束 %(count)s 个其他会话") % {"count": count})
    return redirect("masterdata:security")


@require_http_methods(["GET", "POST"])
def factor(request: HttpRequest) -> HttpResponse:
    """Bind another code generator: the old one proves who asks (again where that was long ago), the new one that it arrived."""
    user: Any = request.user
    error = ""
    require_stepup(request, "factor.replace")
    if request.method == "POST":
        try:
            codes = factors.confirm_enrolment(user=user, code=request.POST.get("new_code", ""))
        except InvalidInput as refusal:
            error = said(refusal)
        else:
            messages.success(request, _("动态验证码已重新绑定"))
            return render(request, "masterdata/recovery.html", {"codes": codes})
    fresh = factors.offered(user) if error else factors.begin_enrolment(user=user)
    context = {
        "qr": qr_image(fresh.config_url),
        "secret": factors.secret_words(fresh),
        "error": error,
    }
    return render(request, "masterdata/factor.html", context, status=422 if error else 200)


@require_POST
def recovery(request: HttpRequest) -> HttpResponse:
    """Fresh recovery codes; the old ones are void."""
    user: Any = request.user
    require_stepup(request, "factor.recovery")
    return render(
        request, "masterdata/recovery.html", {"codes": factors.renew_recovery_codes(user)}
    )


@require_http_methods(["GET", "POST"])
def delegation_new(request: HttpRequest) -> HttpResponse:
    """Ask that somebody may act for oneself on some days; a security administrator agrees."""
    user: Any = request.user
    duties = duties_of(user)

    def submit(values: dict[str, Any]) -> None:
        role, _sep, company = values["duty"].partition(":")
        delegations.propose_delegation(
            giver=user,
            receiver=values["receiver"],
            role=role,
            company_id=int(company),
            valid_from=values["valid_from"],
            valid_to=values["valid_to"],
            why=values["why"],
        )

    return form_page(
        request,
        form=DelegationForm(request.POST or None, duties=duties),
        submit=submit,
        title=_("委托代理"),
        back=reverse("masterdata:security"),
        done=_("已提交，等待安全管理员确认"),
    )


@require_POST
def delegation_end(request: HttpRequest, delegation_id: int) -> HttpResponse:
    """End a delegation at once."""
    user: Any = request.user
    delegations.end_delegation(delegation_id=delegation_id, actor=user)
    messages.success(request, _("代理已结束"))
    return redirect("masterdata:security")


@require_http_methods(["GET", "POST"])
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
            error = said(needed)
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
