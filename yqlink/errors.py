"""Domain errors become responses: 422, 403, 404 or 409, as a page, an htmx fragment or JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import structlog
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler

from desk.words import said
from kernel.errors import DomainError
from masterdata.services.stepup import FIELD as STEP_UP_FIELD
from masterdata.services.stepup import StepUpNeeded
from masterdata.views.sign_in import tell_how_it_ended

log = structlog.get_logger(__name__)


def error_body(error: DomainError) -> dict[str, Any]:
    """The JSON form of a refusal, the same from every endpoint."""
    return {
        "code": error.code,
        "field": error.field,
        "row": error.row,
        "message_zh": error.message,
        "message_en": error.message_en,
    }


def wants_json(request: HttpRequest) -> bool:
    """Whether the caller is a program."""
    if request.path.startswith("/api/"):
        return True
    accepted = request.headers.get("Accept", "")
    return "application/json" in accepted and "text/html" not in accepted


class DomainErrorMiddleware:
    """Turns an uncaught DomainError of a view into its response; anything else is a bug and passes by."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Django's hook for exceptions of views."""
        return refuse(request, error) if isinstance(error, DomainError) else None


def refuse(request: HttpRequest, error: DomainError) -> HttpResponse:
    """The response of a refusal: JSON, an htmx fragment or a page."""
    log.info("refused", code=error.code, status=error.status, path=request.path)
    if wants_json(request):
        return JsonResponse(error_body(error), status=error.status)
    if isinstance(error, StepUpNeeded) and not request.FILES:
        return ask_for_factor(request, error)
    template = "_error.html" if getattr(request, "htmx", False) else "error.html"
    return render(request, template, {"error": error, "status": error.status}, status=error.status)


def ask_to_sign_in(request: HttpRequest) -> HttpResponse:
    """Where a visitor goes whom the address does not know: the sign-in page and back, or a 401 for programs."""
    if wants_json(request):
        body = error_body(DomainError("请先登录", "sign in first", code="not_authenticated"))
        return JsonResponse(body, status=401)
    if getattr(request, "htmx", False):
        return HttpResponse(status=401, headers={"HX-Redirect": settings.LOGIN_URL})
    tell_how_it_ended(request)
    return redirect_to_login(request.get_full_path())


def ask_to_unlock(request: HttpRequest) -> HttpResponse:
    """The lock screen of an idle session. A form sent meanwhile is not lost: the screen offers it again afterwards."""
    if wants_json(request) or getattr(request, "htmx", False):
        body = error_body(DomainError("会话已锁定，请解锁", "the session is locked", code="locked"))
        return JsonResponse(body, status=401)
    if request.method == "POST" and not request.FILES:
        context = {
            "person": request.locked_user,  # type: ignore[attr-defined]  # set by the scope middleware
            "next": request.get_full_path(),
            "carried": _fields(request),
        }
        return render(request, "registration/unlock.html", context, status=401)
    after = request.get_full_path() if request.method == "GET" else "/"
    return HttpResponseRedirect(f"{reverse('masterdata:unlock')}?{urlencode({'next': after})}")


def _fields(request: HttpRequest) -> list[tuple[str, str]]:
    """What the form at hand holds, to be sent again; secrets are typed again."""
    left_out = {
        *("csrfmiddlewaretoken", STEP_UP_FIELD, "password", "passphrase", "value"),
        *("key_answer", "sign_answer"),
    }
    return [
        (name, value)
        for name, values in request.POST.lists()
        for value in values
        if name not in left_out
    ]


def ask_for_factor(request: HttpRequest, error: StepUpNeeded) -> HttpResponse:
    """The page that asks for the code and then sends the very same form again; nothing typed is lost."""
    is_post = request.method == "POST"
    context = {
        "action": request.get_full_path() if is_post else reverse("masterdata:step_up"),
        "carried": _fields(request) if is_post else [("next", request.get_full_path())],
        "error": said(error),
        "tone": "bad" if request.POST.get(STEP_UP_FIELD) else "info",
        "back": request.get_full_path() if is_post else "/",
        "step_up_holds": False,
    }
    return render(request, "masterdata/step_up.html", context, status=error.status)


_API_WORDS: dict[type[exceptions.APIException], tuple[str, str]] = {
    exceptions.NotAuthenticated: ("not_authenticated", "请先登录或提供有效的接口密钥"),
    exceptions.AuthenticationFailed: ("authentication_failed", "身份验证失败"),
    exceptions.PermissionDenied: ("not_allowed", "没有执行此操作的权限"),
    exceptions.ParseError: ("unreadable", "请求内容无法解析"),
    exceptions.UnsupportedMediaType: ("media_type", "不支持的内容类型"),
    exceptions.NotAcceptable: ("not_acceptable", "无法按要求的格式返回"),
    exceptions.MethodNotAllowed: ("method_not_allowed", "此地址不支持该方法"),
    exceptions.NotFound: ("not_found", "未找到所请求的内容"),
    exceptions.Throttled: ("throttled", "请求过于频繁，请稍后再试"),
}


def _first_fault(detail: Any, field: str = "") -> tuple[str, str]:
    """The first field in fault and its message, dotted where nested."""
    if isinstance(detail, dict) and detail:
        name, inner = next(iter(detail.items()))
        return _first_fault(inner, f"{field}.{name}" if field else str(name))
    if isinstance(detail, list) and detail:
        return _first_fault(detail[0], field)
    return field, str(detail)


def api_exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """REST framework's hook: every refusal has the same body as `error_body`."""
    if isinstance(error, DomainError):
        return Response(error_body(error), status=error.status)
    if isinstance(error, exceptions.ValidationError):
        field, message = _first_fault(error.detail)
        body = {
            "code": "invalid_input",
            "field": field,
            "row": None,
            "message_zh": f"字段 {field} 有误：{message}",
            "message_en": f"{field}: {message}",
        }
        return Response(body, status=422)
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    response = exception_handler(error, context)
    if response is not None and isinstance(error, exceptions.APIException):
        code, words = _API_WORDS.get(type(error), ("refused", "请求被拒绝"))
        response.data = {
            "code": code,
            "field": "",
            "row": None,
            "message_zh": words,
            "message_en": str(error.detail),
        }
    return response
