"""/api/v1 endpoint that reads arrival notices; people sign in, systems show their key."""

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
from receipts import selectors
from receipts.models import ArrivalNotice
from receipts.states import NoticeState

LIMIT_MAX = 200


class NoticePartSerializer(serializers.Serializer[Any]):
    """One part of a credit, as its supplement in force splits it."""

    part_no = serializers.IntegerField()
    amount = serializers.CharField()
    customer_code = serializers.CharField()
    contract_no = serializers.CharField()
    invoice_no = serializers.CharField()
    subject = serializers.CharField()
    cash_flow_item = serializers.CharField()


class ArrivalNoticeSerializer(serializers.Serializer[Any]):
    """One credit with what people said of it."""

    notice_no = serializers.CharField()
    company_code = serializers.CharField()
    account = serializers.CharField()
    bank_date = serializers.DateField()
    bank_serial = serializers.CharField()
    amount = serializers.CharField()
    currency = serializers.CharField()
    payer_name = serializers.CharField()
    payer_account = serializers.CharField()
    narrative = serializers.CharField()
    state = serializers.ChoiceField(choices=[one.value for one in NoticeState])
    voucher_no = serializers.CharField()
    version = serializers.IntegerField()
    parts = NoticePartSerializer(many=True)


def _part(line: Any) -> dict[str, Any]:
    return {
        "part_no": line.line_no,
        "amount": f"{line.amount:.2f}",
        "customer_code": line.customer.code if line.customer else "",
        "contract_no": line.contract_no,
        "invoice_no": line.invoice_no,
        "subject": line.subject,
        "cash_flow_item": line.cash_flow_item,
    }


def _notice(row: ArrivalNotice) -> dict[str, Any]:
    return {
        "notice_no": row.notice_no,
        "company_code": row.company.code,
        "account": row.account.number,
        "bank_date": row.bank_date.isoformat(),
        "bank_serial": row.bank_serial,
        "amount": f"{row.amount:.2f}",
        "currency": row.currency,
        "payer_name": row.counterparty_name,
        "payer_account": note(row.counterparty_account),
        "narrative": row.narrative,
        "state": str(row.state),
        "voucher_no": row.voucher_label,
        "version": row.version,
        "parts": [_part(line) for line in row.supplement.lines.all()] if row.supplement else [],
    }


class ArrivalNoticesView(ReadingView):
    """Arrival notices."""

    policies = {"GET": callers("receipts.view")}

    @extend_schema(
        operation_id="arrival_notices_list",
        summary="到款通知",
        responses=page_of(ArrivalNoticeSerializer),
        parameters=[
            OpenApiParameter("state", OpenApiTypes.STR, enum=[one.value for one in NoticeState]),
            OpenApiParameter("company", OpenApiTypes.STR, description="company code"),
            OpenApiParameter("notice_no", OpenApiTypes.STR),
            OpenApiParameter("from", OpenApiTypes.DATE, description="bank date"),
            OpenApiParameter("to", OpenApiTypes.DATE),
            *page_parameters(LIMIT_MAX),
        ],
    )
    def get(self, request: Request) -> Response:
        """Notices of the companies whose receipts the caller may see, newest first."""
        asked = request.query_params
        rows = selectors.visible_notices(scope_for(request))
        rows = rows.select_related("company", "account", "supplement")
        rows = rows.prefetch_related("supplement__lines__customer")
        for name, field in (
            ("state", "state"),
            ("company", "company__code"),
            ("notice_no", "notice_no"),
        ):
            if text := asked.get(name, ""):
                rows = rows.filter(**{field: text[:40]})
        for name, lookup in (("from", "bank_date__gte"), ("to", "bank_date__lte")):
            if day := day_parameter(request, name):
                rows = rows.filter(**{lookup: day})
        page, following = read_page(request, rows, order="-entry_at", size=50, size_max=LIMIT_MAX)
        return Response({"results": [_notice(row) for row in page], "next": following})


urlpatterns: list[URLPattern] = [
    path("arrival-notices", ArrivalNoticesView.as_view(), name="api_arrival_notices"),
]
