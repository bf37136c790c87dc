"""`request.scope`, the one gate every address stands behind, and the limits of a session: idle and absolute."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import structlog
from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from audit.origin import acting_from
from kernel.access import Audience, policy_of
from kernel.errors import DomainError, NotAllowed
from masterdata import passwords
from masterdata.origin import address_of
from masterdata.selectors import scope_of
from masterdata.services import security_keys, sessions, stepup
from masterdata.views.sign_in import LOCKED, SEEN_AT, SIGNED_IN_AT
from yqlink.errors import ask_to_sign_in, ask_to_unlock, refuse, wants_json

log = structlog.get_logger(__name__)

POLL_HEADER = "X-Poll"  # set by elements that refresh themselves: a page left open is not a person at the desk
_SEEN_GRAIN_S = 30  # presence is written down at most this often
_WITH_OLD_PASSWORD = frozenset({"masterdata:password_change", "masterdata:presence"})


def is_idle(*, seen_at: float, now: float) -> bool:
    """Whether nobody was at the desk for too long (seconds since the epoch, real time)."""
    return bool(now - seen_at > settings.SESSION_IDLE_S)


def is_too_old(*, signed_in_at: float, now: float) -> bool:
    """Whether the session has lived as long as any may."""
    return bool(now - signed_in_at > settings.SESSION_COOKIE_AGE)


class ScopeMiddleware:
    """Sets `request.scope` (a kernel.Scope, found at first use), keeps the limits of sessions and stands at the gate.

    Sessions are measured in real time: moving the demo's clock to the next day does not sign anybody out. An idle
    session is locked, not ended: its owner's password opens it again (`request.locked_user`).
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        self._keep_limits(request)
        scope: Any = SimpleLazyObject(lambda: scope_of(request.user))
        request.scope = scope  # type: ignore[attr-defined]  # the house's own attribute
        with acting_from(address_of(request), actor=lambda: request.user):
            return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: Any, parts: Any
    ) -> HttpResponse | None:
        """Django's hook before a view: nobody passes whom the address's declared policy does not let through."""
        policy = policy_of(view)
        if policy is None:
            if hasattr(view, "cls") and hasattr(view.cls, "policies"):
                return None  # an endpoint of the API: REST framework asks the same policies after it knows the caller
            log.error("an address without a policy", path=request.path)
            return refuse(request, NotAllowed("此地址未声明访问策略，已拒绝", "no policy declared"))
        if policy.audience is Audience.PUBLIC:
            return None
        if hasattr(request, "locked_user"):
            return ask_to_unlock(request)
        if not request.user.is_authenticated:
            return ask_to_sign_in(request)
        try:
            policy.demand(request.scope, parts)  # type: ignore[attr-defined]  # the house's own attribute
        except DomainError as error:
            return refuse(request, error)
        return self._with_old_password(request)

    def _with_old_password(self, request: HttpRequest) -> HttpResponse | None:
        user: Any = request.user
        match = request.resolver_match
        if not passwords.must_change(user) or (match and match.view_name in _WITH_OLD_PASSWORD):
            return None
        if wants_json(request):
            error = NotAllowed("密码须先修改", "change the password first", code="password_expired")
            return refuse(request, error)
        return HttpResponseRedirect(reverse("masterdata:password_change"))

    def _keep_limits(self, request: HttpRequest) -> None:
        if settings.SESSION_COOKIE_NAME not in request.COOKIES or not request.user.is_authenticated:
            return
        session, now = request.session, time.time()
        signed_in_at = float(session.get(SIGNED_IN_AT, now))
        seen_at = float(session.get(SEEN_AT, now))
        if is_too_old(signed_in_at=signed_in_at, now=now):
            sessions.close_session(key=session.session_key or "", end=sessions.End.TOO_OLD)
            logout(request)
            return
        if is_idle(seen_at=seen_at, now=now):
            session[LOCKED] = True
        if session.get(LOCKED):
            request.locked_user, request.user = request.user, AnonymousUser()  # type: ignore[attr-defined]  # the house's own attribute
            return
        if SIGNED_IN_AT not in session:
            session[SIGNED_IN_AT] = now
        if SEEN_AT not in session or (
            POLL_HEADER not in request.headers and now - seen_at > _SEEN_GRAIN_S
        ):
            session[SEEN_AT] = now


def _holds(request: HttpRequest) -> bool:
    return stepup.current(request.session, request.user.pk) is not None


def _asking(request: HttpRequest) -> dict[str, Any]:
    """What the browser asks the viewer's security keys; empty where there are none."""
    user: Any = request.user
    return (security_keys.asking(user, request.session) if user.is_authenticated else None) or {}


def context(request: HttpRequest) -> dict[str, Any]:
    """Template context: the viewer's scope, the channel payments go to, and the idle limit in seconds."""
    return {
        "scope": getattr(request, "scope", None),
        "channel": settings.CHANNEL,
        "session_idle_s": settings.SESSION_IDLE_S,
        "step_up_holds": SimpleLazyObject(lambda: _holds(request)),
        "step_up_keys": SimpleLazyObject(lambda: _asking(request)),
        "site_address": settings.SITE_ADDRESS,
    }
