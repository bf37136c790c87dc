"""Pages of signing keys: one's own, and for security administrators everybody's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from approvals.signing import forms, keys, tokens
from approvals.signing.models import SigningKey
from approvals.signing.states import KeyState
from desk.words import said
from kernel.errors import DomainError, NotFound
from kernel.scope import Scope
from kernel.secrets import Secret
from masterdata.services import security_keys
from masterdata.services.stepup import require_stepup


def _scope(request: HttpRequest) -> Scope:
    return request.scope  # type: ignore[attr-defined,no-any-return]  # set by the scope middleware


def _own(request: HttpRequest) -> dict[str, Any]:
    mine = keys.own(request.user)  # type: ignore[arg-type]  # signed in
    return {
        "mine": mine,
        "active": next((key for key in mine if key.state == KeyState.ACTIVE), None),
        "pending": next((key for key in mine if key.state == KeyState.PENDING), None),
    }


@require_safe
def keys_page(request: HttpRequest) -> HttpResponse:
    """One's own keys; with the right to vouch for keys, or to examine, those of all."""
    scope = _scope(request)
    may_confirm = scope.has(keys.CONFIRM_RIGHT)
    context = {
        **_own(request),
        "all_keys": keys.visible(scope) if may_confirm or scope.has("audit.read") else [],
        "may_confirm": may_confirm,
    }
    return render(request, "approvals/keys.html", context)


def _form_page(
    request: HttpRequest,
    form: Form,
    submit: Callable[[dict[str, Any]], object],
    *,
    title: str,
    done: str,
    key: SigningKey | None = None,
) -> HttpResponse:
    """A form over one command; what is refused is told beside the field it is about."""
    if request.method == "POST" and form.is_valid():
        try:
            submit(form.cleaned_data)
        except NotFound:
            raise
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, said(error))
        else:
            messages.success(request, done)
            return redirect("approvals:keys")
    is_refused = request.method == "POST"
    context = {"form": form, "title": title, "key": key}
    return render(request, "approvals/key_form.html", context, status=422 if is_refused else 200)


@require_http_methods(["GET", "POST"])
def enrol(request: HttpRequest) -> HttpResponse:
    """A new key for oneself."""
    user: Any = request.user

    def submit(values: dict[str, Any]) -> None:
        keys.enrol(user=user, passphrase=Secret(values["passphrase"]))

    done = _("签名密钥已生成，请联系安全管理员核对指纹并确认")
    form = forms.EnrolForm(request.POST or None)
    return _form_page(request, form, submit, title=_("申请签名密钥"), done=done)


@require_http_methods(["GET", "POST"])
def enrol_token(request: HttpRequest) -> HttpResponse:
    """A new key for oneself, in a token; the second factor proves who asks."""
    user: Any = request.user
    require_stepup(request, "signing_key.enrol")
    error = ""
    if answer := request.POST.get("new_key", ""):
        try:
            tokens.enrol(user=user, token=security_keys.made(request.session, answer))
        except DomainError as refusal:
            error = said(refusal)
        else:
            messages.success(request, _("签名密钥已生成，请联系安全管理员核对指纹并确认"))
            return redirect("approvals:keys")
    asking = security_keys.offer(user, request.session, signing=tokens.known(user))
    context = {"asking": asking, "error": error}
    return render(request, "approvals/key_token.html", context, status=422 if error else 200)


@require_http_methods(["GET", "POST"])
def passphrase(request: HttpRequest) -> HttpResponse:
    """Another passphrase for one's key."""
    user: Any = request.user

    def submit(values: dict[str, Any]) -> None:
        keys.change_passphrase(
            user=user, old=Secret(values["old"]), new=Secret(values["passphrase"])
        )

    form = forms.PassphraseForm(request.POST or None)
    return _form_page(request, form, submit, title=_("修改签名口令"), done=_("签名口令已修改"))


def _shown(request: HttpRequest, key_id: int) -> SigningKey:
    """A key the viewer may see: one's own, or any for those who vouch for keys."""
    found = [key for key in keys.visible(_scope(request)) if key.pk == key_id]
    if not found:
        raise NotFound("signing key")
    return found[0]


@require_http_methods(["GET", "POST"])
def confirm(request: HttpRequest, key_id: int) -> HttpResponse:
    """Vouch for somebody's key, having heard the end of its fingerprint from them."""
    actor: Any = request.user
    _scope(request).demand(keys.CONFIRM_RIGHT)
    key = _shown(request, key_id)

    def submit(values: dict[str, Any]) -> None:
        signer = keys.unlock(user=actor, passphrase=Secret(values["passphrase"]))
        keys.confirm(
            key_id=key_id,
            version=values["version"],
            digits=values["digits"],
            actor=actor,
            signer=signer,
        )

    form = forms.ConfirmForm(request.POST or None, initial={"version": key.version})
    return _form_page(
        request, form, submit, title=_("确认签名密钥"), done=_("签名密钥已确认"), key=key
    )


@require_http_methods(["GET", "POST"])
def refuse(request: HttpRequest, key_id: int) -> HttpResponse:
    """Do not vouch for a key."""
    actor: Any = request.user
    _scope(request).demand(keys.CONFIRM_RIGHT)
    key = _shown(request, key_id)

    def submit(values: dict[str, Any]) -> None:
        keys.refuse(key_id=key_id, version=values["version"], why=values["why"], actor=actor)

    form = forms.ReasonForm(request.POST or None, initial={"version": key.version})
    return _form_page(
        request, form, submit, title=_("拒绝签名密钥"), done=_("已拒绝该签名密钥"), key=key
    )


@require_http_methods(["GET", "POST"])
def revoke(request: HttpRequest, key_id: int) -> HttpResponse:
    """Report a key as lost or suspect: its owner, or those who vouch for keys."""
    actor: Any = request.user
    key = _shown(request, key_id)
    if key.user_id != actor.pk and not _scope(request).has(keys.CONFIRM_RIGHT):
        raise NotFound("signing key")

    def submit(values: dict[str, Any]) -> None:
        keys.revoke(key_id=key_id, version=values["version"], why=values["why"], actor=actor)

    form = forms.ReasonForm(request.POST or None, initial={"version": key.version})
    return _form_page(
        request, form, submit, title=_("吊销签名密钥"), done=_("签名密钥已吊销"), key=key
    )
