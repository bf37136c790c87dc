"""/api/v1 endpoints that read what banks told us; people sign in, systems show their key."""

from __future__ import annotations

from typing import Any

from django.urls import URLPattern, path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from desk.api import day_parameter, page_of, page_parameters, read_page
from desk.reading import note
from masterdata.api_access import ReadingView, callers, scope_for
from statements import selectors
from statements.models import LatestBalance, StatementEntry

LIMIT_MAX = 500


class AccountBalanceSerializer(serializers.Serializer[Any]):
    """The newest figure of one account; `failed_at` is set when a later fetch failed. Unknown figures are null."""

    account = serializers.CharField()
    company_code = serializers.CharField()
    currency = serializers.CharField()
    book = serializers.CharField()
    available = serializers.CharField(allow_null=True)
    frozen = serializers.CharField(allow_null=True)
    as_of = serializers.DateField()
    fetched_at = serializers.DateTimeField()
    failed_at = serializers.DateTimeField(allow_null=True)


class AccountBalancesSerializer(serializers.Serializer[Any]):
    """One figure an account."""

    results = AccountBalanceSerializer(many=True)


class StatementEntrySerializer(serializers.Serializer[Any]):
    """One statement entry in force."""

    id = serializers.IntegerField()
    account = serializers.CharField()
    bank_date = serializers.DateField()
    booked_at = serializers.DateTimeField()
    bank_serial = serializers.CharField()
    direction = serializers.ChoiceField(choices=["credit", "debit"])
    amount = serializers.CharField()
    currency = serializers.CharField()
    balance_after = serializers.CharField(allow_null=True)
    counterparty_name = serializers.CharField()
    counterparty_account = serializers.CharField()
    counterparty_bank = serializers.CharField()
    narrative = serializers.CharField()
    purpose = serializers.CharField()
    reference = serializers.CharField()


def _figure(value: Any) -> str | None:
    return None if value is None else f"{value:.2f}"


def _balance(row: LatestBalance) -> dict[str, Any]:
    return {
        "account": row.account.number,
        "company_code": row.account.company.code,
        "currency": row.currency,
        "book": _figure(row.book),
        "available": _figure(row.available),
        "frozen": _figure(row.frozen),
        "as_of": row.as_of.isoformat(),
        "fetched_at": row.fetched_at.isoformat(),
        "failed_at": row.failed_at.isoformat() if row.failed_at else None,
    }


def _entry(row: StatementEntry) -> dict[str, Any]:
    texts = (
        "counterparty_name",
        "counterparty_bank",
        "narrative",
        "purpose",
        "reference",
    )
    return {
        "id": row.pk,
        "account": row.account.number,
        "bank_date": row.bank_date.isoformat(),
        "booked_at": row.booked_at.isoformat(),
        "bank_serial": row.bank_serial,
        "direction": row.direction,
        "amount": _figure(row.amount),
        "currency": row.currency,
        "balance_after": _figure(row.balance_after),
        **{name: getattr(row, name) for name in texts},
        "counterparty_account": note(row.counterparty_account),
    }


class BalancesView(ReadingView):
    """Balances."""

    policies = {"GET": callers("statements.view")}

    @extend_schema(
        operation_id="balances_list",
        summary="账户余额",
        responses=AccountBalancesSerializer,
        parameters=[
            OpenApiParameter("company", OpenApiTypes.STR, description="company code"),
            OpenApiParameter("account", OpenApiTypes.STR),
        ],
    )
    def get(self, request: Request) -> Response:
        """The newest figure of each account the caller may see."""
        rows = selectors.latest_balances(scope_for(request)).order_by("account__number")
        for name, field in (("company", "account__company__code"), ("account", "account__number")):
            if text := request.query_params.get(name, ""):
                rows = rows.filter(**{field: text[:40]})
        return Response({"results": [_balance(row) for row in rows]})


class StatementEntriesView(ReadingView):
    """Statement entries."""

    policies = {"GET": callers("statements.view")}

    @extend_schema(
        operation_id="statement_entries_list",
        summary="交易明细",
        responses=page_of(StatementEntrySerializer),
        parameters=[
            OpenApiParameter("account", OpenApiTypes.STR),
            OpenApiParameter("direction", OpenApiTypes.STR, enum=["credit", "debit"]),
            OpenApiParameter("from", OpenApiTypes.DATE, description="bank date"),
            OpenApiParameter("to", OpenApiTypes.DATE),
            *page_parameters(LIMIT_MAX),
        ],
    )
    def get(self, request: Request) -> Response:
        """Entries in force of the accounts the caller may see, newest first."""
        asked = request.query_params
        rows = selectors.visible_entries(scope_for(request)).select_related("account")
        for name, field in (("account", "account__number"), ("direction", "direction")):
            if text := asked.get(name, ""):
                rows = rows.filter(**{field: text[:40]})
        for name, lookup in (("from", "bank_date__gte"), ("to", "bank_date__lte")):
            if day := day_parameter(request, name):
                rows = rows.filter(**{lookup: day})
        page, following = read_page(request, rows, order="-booked_at", size=100, size_max=LIMIT_MAX)
        return Response({"results": [_entry(row) for row in page], "next": following})


urlpatterns: list[URLPattern] = [
    path("balances", BalancesView.as_view(), name="api_balances"),
    path("statement-entries", StatementEntriesView.as_view(), name="api_statement_entries"),
]
