"""/api/v1 endpoint by which people and systems have the bank asked about accounts now."""

from __future__ import annotations

from typing import Any, cast

from django.urls import URLPattern, path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from bankbridge.services import refresh
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
        given = RefreshSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        scope, wanted = scope_for(request), given.validated_data.get("accounts")
        ids = None
        if wanted:
            rows = masterdata.visible_accounts(scope).filter(number__in=wanted)
            ids = list(rows.values_list("pk", flat=True))
            if len(ids) < len(set(wanted)):
                raise NotFound("own account", "未找到该账户")
        actor = cast(Any, client_of(request) or request.user)
        count = refresh.ask_now(account_ids=ids, actor=actor, scope=scope)
        return Response({"asked": count}, status=status.HTTP_202_ACCEPTED)


urlpatterns: list[URLPattern] = [
    path("accounts/refresh", AccountRefreshView.as_view(), name="api_account_refresh"),
]
