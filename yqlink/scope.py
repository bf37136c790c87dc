"""`request.scope`, the one gate every address stands behind, and the two limits of a session: idle and absolute."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import structlog
from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from kernel.access import Audience, policy_of
from kernel.errors import DomainError, NotAllowed
from masterdata.selectors import scope_of
from masterdata.services import stepup
from yqlink.errors import ask_to_sign_in, refuse

log = structlog.get_logger(__name__)

SIGNED_IN_AT = "signed_in_at"
SEEN_AT = "seen_at"
POLL_HEADER = "X-Poll"  # set by elements that refresh themselves: a page left open is not a person at the desk
_SEEN_GRAIN_S = 30  # presence is written down at most this often


def expired(*, signed_in_at: float, seen_at: float, now: float) -> bool:
    """Whether a session has been idle, or alive, for too long (seconds since the epoch, real time)."""
    is_idle = now - seen_at > settings.SESSION_IDLE_S
    return bool(is_idle or now - signed_in_at > settings.SESSION_COOKIE_AGE)


class ScopeMiddleware:
    """Sets `request.scope` (a kernel.Scope, found at first use) and signs out sessions past their limits.

    Sessions are measured in real time: moving the demo's clock to the next day does not sign anybody out.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        self._keep_limits(request)
        scope: Any = SimpleLazyObject(lambda: scope_of(request.user))
        request.scope = scope  # type: ignore[attr-defined]  # the house's own attribute
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
        if not request.user.is_authenticated:
            return ask_to_sign_in(request)
        try:
            policy.demand(request.scope, parts)  # type: ignore[attr-defined]  # the house's own attribute
        except DomainError as error:
            return refuse(request, error)
        return None

    def _keep_limits(self, request: HttpRequest) -> None:
        if settings.SESSION_COOKIE_NAME not in request.COOKIES or not request.user.is_authenticated:
            return
        session, now = request.session, time.time()
        signed_in_at = float(session.get(SIGNED_IN_AT, now))
        seen_at = float(session.get(SEEN_AT, now))
        if expired(signed_in_at=signed_in_at, seen_at=seen_at, now=now):
            logout(request)
            return
        if SIGNED_IN_AT not in session:
            session[SIGNED_IN_AT] = now
        if SEEN_AT not in session or (
            POLL_HEADER not in request.headers and now - seen_at > _SEEN_GRAIN_S
        ):
            session[SEEN_AT] = now


def _holds(request: HttpRequest) -> bool:
    return stepup.current(request.session, request.user.pk) is not None


def context(request: HttpRequest) -> dict[str, Any]:
    """Template context: the viewer's scope, the channel payments go to, and the idle limit in seconds."""
    return {
        "scope": getattr(request, "scope", None),
        "channel": settings.CHANNEL,
        "session_idle_s": settings.SESSION_IDLE_S,
        "step_up_holds": SimpleLazyObject(lambda: _holds(request)),
    }
