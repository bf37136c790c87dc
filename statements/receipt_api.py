"""/api/v1 endpoints that read electronic receipts and their files; people sign in, systems show their key."""

from __future__ import annotations

from typing import Any, cast

from django.http import HttpResponse
from django.urls import URLPattern, path
from django.utils.http import content_disposition_header
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from desk.api import day_parameter, page_of, page_parameters, read_page
from desk.reading import note
from masterdata.api_access import ReadingView, callers, client_of, scope_for
from statements import receipt_selectors
from statements.models import BankReceipt
from statements.receipt_pages import READ
from statements.services import receipts as services

LIMIT_MAX = 500


class BankReceiptSerializer(serializers.Serializer[Any]):
    """One electronic receipt; `entry_id` is the statement entry it proves, `has_file` whether its file lies here."""

    id = serializers.IntegerField()
    receipt_no = serializers.CharField()
    account = serializers.CharField()
    day = serializers.DateField()
    amount = serializers.CharField(allow_null=True)
    currency = serializers.CharField()
    direction = serializers.CharField(allow_blank=True)
    bank_serial = serializers.CharField(allow_blank=True)
    counterparty_account = serializers.CharField(allow_blank=True)
    verify_code = serializers.CharField(allow_blank=True)
    entry_id = serializers.IntegerField(allow_null=True)
    has_file = serializers.BooleanField()


def _receipt(row: BankReceipt) -> dict[str, Any]:
    return {
        "id": row.pk,
        "receipt_no": row.receipt_no,
        "account": row.account.number,
        "day": row.day.isoformat(),
        "amount": None if row.amount is None else f"{row.amount:.2f}",
        "currency": row.currency,
        "direction": row.direction,
        "bank_serial": row.bank_serial,
        "counterparty_account": note(row.counterparty_account),
        "verify_code": row.verify_code,
        "entry_id": row.entry_id,
        "has_file": row.file_id is not None,
    }


class BankReceiptsView(ReadingView):
    """Electronic receipts."""

    policies = {"GET": callers("statements.view")}

    @extend_schema(
        operation_id="bank_receipts_list",
        summary="电子回单",
        responses=page_of(BankReceiptSerializer),
        parameters=[
            OpenApiParameter("account", OpenApiTypes.STR),
            OpenApiParameter("receipt_no", OpenApiTypes.STR),
            OpenApiParameter("from", OpenApiTypes.DATE),
            OpenApiParameter("to", OpenApiTypes.DATE),
            *page_parameters(LIMIT_MAX),
        ],
    )
    def get(self, request: Request) -> Response:
        """Receipts of the accounts the caller may see, the newest listed first."""
        asked = request.query_params
        rows = receipt_selectors.visible_receipts(scope_for(request)).select_related("account")
        for name, field in (("account", "account__number"), ("receipt_no", "receipt_no")):
            if text := asked.get(name, ""):
                rows = rows.filter(**{field: text[:80]})
        for name, lookup in (("from", "day__gte"), ("to", "day__lte")):
            if day := day_parameter(request, name):
                rows = rows.filter(**{lookup: day})
        page, following = read_page(request, rows, order="-pk", size=100, size_max=LIMIT_MAX)
        return Response({"results": [_receipt(row) for row in page], "next": following})


class BankReceiptFileView(ReadingView):
    """The file of a receipt."""

    policies = {"GET": callers(READ)}

    @extend_schema(
        operation_id="bank_receipts_file",
        summary="电子回单文件",
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, receipt_id: int) -> HttpResponse:
        """The bytes as the bank gave them; an altered or lost file is refused, and whoever reads one is written down."""
        actor = cast(Any, client_of(request) or request.user)
        row, data = services.read_file(receipt_id=receipt_id, actor=actor, scope=scope_for(request))
        answer = HttpResponse(data, content_type="application/octet-stream")
        named = content_disposition_header(True, services.named(row)) or "attachment"
        answer.headers["Content-Disposition"] = named
        answer.headers["Cache-Control"] = "no-store"
        return answer


urlpatterns: list[URLPattern] = [
    path("bank-receipts", BankReceiptsView.as_view(), name="api_bank_receipts"),
    path(
        "bank-receipts/<int:receipt_id>/file",
        BankReceiptFileView.as_view(),
        name="api_bank_receipt_file",
    ),
]
