"""/api/v1 endpoint by which people and systems have the bank asked about accounts now."""

from __future__ import annotations

from typing import Any, cast

from django.urls import URLPattern, path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from bankbridge import checks
from bankbridge.services import checking, refresh
from kernel.errors import NotFound
from masterdata import selectors as masterdata
from masterdata.api_access import ReadingView, callers, client_of, scope_for

ACCOUNTS_MAX = 200


class RefreshSerializer(serializers.Serializer[Any]):
    """Which accounts, by number; none named means all the caller may have asked about."""

    accounts = serializers.ListField(
        child=serializers.CharField(max_length=40), required=False, max_length=ACCOUNTS_MAX
    )


class AskedSerializer(serializers.Serializer[Any]):
    """How many accounts the bank is asked about; figures, entries and receipts follow within seconds."""

    asked = serializers.IntegerField()


class AccountRefreshView(ReadingView):
    """Fresh figures."""

    policies = {"POST": callers("statements.pull")}

    @extend_schema(
        operation_id="accounts_refresh",
        summary="立即查询余额、明细与回单",
        request=RefreshSerializer,
        responses={202: AskedSerializer},
    )
    def post(self, request: Request) -> Response:
        """Balance, entries and receipts of these accounts are due at once; asked again within seconds it is refused (too_soon)."""
        ids, scope = _accounts(request), scope_for(request)
        actor = cast(Any, client_of(request) or request.user)
        count = refresh.ask_now(account_ids=ids, actor=actor, scope=scope)
        return Response({"asked": count}, status=status.HTTP_202_ACCEPTED)


class FoundSerializer(serializers.Serializer[Any]):
    """One service: `verdict` is ok, refused, absent, unreached, unread or not_offered; `advice` says what to do."""

    service = serializers.CharField()
    verdict = serializers.CharField()
    code = serializers.CharField(allow_blank=True)
    text = serializers.CharField(allow_blank=True)
    advice = serializers.CharField(allow_blank=True)


class SelfTestSerializer(serializers.Serializer[Any]):
    """The newest self-test of one account."""

    account = serializers.CharField()
    state = serializers.CharField(allow_blank=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    services = FoundSerializer(many=True)


class SelfTestsSerializer(serializers.Serializer[Any]):
    """One an account."""

    results = SelfTestSerializer(many=True)


class SelfTestsView(ReadingView):
    """Self-tests of accounts."""

    policies = {"GET": callers(*checks.VIEW), "POST": callers(*checks.ASK)}

    @extend_schema(
        operation_id="self_tests_list", summary="账户自检结果", responses=SelfTestsSerializer
    )
    def get(self, request: Request) -> Response:
        """What the bank lets us do with each linked account, by its newest self-test."""
        told = [
            {
                "account": one.account.number,
                "state": one.state,
                "ended_at": one.ended_at.isoformat() if one.ended_at else None,
                "services": [
                    {
                        "service": found.ability,
                        "verdict": found.verdict,
                        "code": found.code,
                        "text": found.text,
                        "advice": str(found.advice),
                    }
                    for found in one.found
                ],
            }
            for one in checks.newest(scope_for(request))
        ]
        return Response({"results": told})

    @extend_schema(
        operation_id="self_tests_run",
        summary="账户自检",
        request=RefreshSerializer,
        responses={202: AskedSerializer},
    )
    def post(self, request: Request) -> Response:
        """Have the bank asked once for each service of these accounts; nothing is paid."""
        ids = _accounts(request)
        actor = cast(Any, client_of(request) or request.user)
        count = checking.ask(account_ids=ids, actor=actor, scope=scope_for(request))
        return Response({"asked": count}, status=status.HTTP_202_ACCEPTED)


def _accounts(request: Request) -> list[int] | None:
    """Ids of the accounts the body names, None where it names none. Raises NotFound."""
    given = RefreshSerializer(data=request.data)
    given.is_valid(raise_exception=True)
    wanted = given.validated_data.get("accounts")
    if not wanted:
        return None
    rows = masterdata.visible_accounts(scope_for(request)).filter(number__in=wanted)
    ids = list(rows.values_list("pk", flat=True))
    if len(ids) < len(set(wanted)):
        raise NotFound("own account", "未找到该账户")
    return ids


urlpatterns: list[URLPattern] = [
    path("accounts/refresh", AccountRefreshView.as_view(), name="api_account_refresh"),
    path("accounts/self-test", SelfTestsView.as_view(), name="api_self_tests"),
]
