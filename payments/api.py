"""/api/v1 endpoints that read payments; people sign in, systems show their key."""

from __future__ import annotations

from typing import Any, cast

from django.urls import URLPattern, path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from desk.api import day_parameter, number_parameter, page_of, page_parameters, read_page
from desk.reading import note
from kernel.errors import Conflict, NotFound
from masterdata.api_access import ReadingView, callers, client_of, scope_for
from payments import results, selectors
from payments.models import PaymentOrder
from payments.publishing import payload_of
from payments.services import asking

LIMIT_MAX = 200


class OrderSerializer(serializers.Serializer[Any]):
    """An order and where it stands."""

    order_no = serializers.CharField()
    company_code = serializers.CharField()
    doc_type = serializers.CharField()
    doc_no = serializers.CharField()
    line_no = serializers.CharField()
    amount = serializers.CharField()
    currency = serializers.CharField()
    state = serializers.CharField()
    state_name = serializers.CharField()
    instr_no = serializers.CharField()
    bank_serial = serializers.CharField()
    bank_code = serializers.CharField()
    reason = serializers.CharField()
    final_at = serializers.DateTimeField(allow_null=True)
    updated_at = serializers.DateTimeField()
    payer_account = serializers.CharField()
    payee_code = serializers.CharField()
    payee_name = serializers.CharField()
    payee_account = serializers.CharField()
    purpose = serializers.CharField()
    wish_date = serializers.DateField()
    version = serializers.IntegerField()


class ImportRowSerializer(serializers.Serializer[Any]):
    """One row of an imported list with what became of it."""

    row = serializers.IntegerField()
    order_no = serializers.CharField(allow_blank=True)
    doc_no = serializers.CharField(allow_blank=True)
    line_no = serializers.CharField(allow_blank=True)
    amount = serializers.CharField(allow_blank=True)
    state = serializers.CharField(allow_blank=True)
    state_name = serializers.CharField()
    bank_serial = serializers.CharField(allow_blank=True)
    reason = serializers.CharField(allow_blank=True)
    at = serializers.DateTimeField(allow_null=True)


class ImportResultsSerializer(serializers.Serializer[Any]):
    """The result of an import."""

    import_id = serializers.IntegerField()
    file_name = serializers.CharField()
    sha256 = serializers.CharField()
    rows = ImportRowSerializer(many=True)


def order_body(order: PaymentOrder) -> dict[str, Any]:
    """An order as the API shows it."""
    return {
        **payload_of(order),
        "payer_account": order.payer_account.number,
        "payee_code": order.payee_code,
        "payee_name": order.payee_name,
        "payee_account": note(order.payee_number),
        "purpose": order.purpose,
        "wish_date": order.wish_date.isoformat(),
        "version": order.version,
    }


class OrderListView(ReadingView):
    """A page of orders."""

    policies = {"GET": callers("payments.view")}

    @extend_schema(
        operation_id="payment_orders_list",
        summary="查询付款单",
        responses=page_of(OrderSerializer),
        parameters=[
            OpenApiParameter(
                "state", OpenApiTypes.STR, description="one or several, separated by commas"
            ),
            OpenApiParameter("company", OpenApiTypes.STR, description="company code"),
            OpenApiParameter("doc_no", OpenApiTypes.STR),
            OpenApiParameter("import", OpenApiTypes.INT),
            OpenApiParameter("from", OpenApiTypes.DATE, description="wished payment day"),
            OpenApiParameter("to", OpenApiTypes.DATE),
            *page_parameters(LIMIT_MAX),
        ],
    )
    def get(self, request: Request) -> Response:
        """Orders the caller may see, newest first."""
        asked = request.query_params
        rows = selectors.visible_orders(scope_for(request))
        for name, field in (("company", "company__code"), ("doc_no", "erp_doc_no")):
            if text := asked.get(name, ""):
                rows = rows.filter(**{field: text[:60]})
        if states := [state for state in asked.get("state", "").split(",") if state]:
            rows = rows.filter(shown_state__in=states)
        if (number := number_parameter(request, "import")) is not None:
            rows = rows.filter(import_set_id=number)
        for name, lookup in (("from", "wish_date__gte"), ("to", "wish_date__lte")):
            if day := day_parameter(request, name):
                rows = rows.filter(**{lookup: day})
        rows = rows.select_related("company", "payer_account", "instruction")
        page, following = read_page(request, rows, order="-pk", size=50, size_max=LIMIT_MAX)
        return Response({"results": [order_body(order) for order in page], "next": following})


class OrderView(ReadingView):
    """One order."""

    policies = {"GET": callers("payments.view")}

    @extend_schema(operation_id="payment_orders_read", summary="付款单", responses=OrderSerializer)
    def get(self, request: Request, order_no: str) -> Response:
        """The order; out of scope looks exactly like absent."""
        rows = selectors.visible_orders(scope_for(request)).filter(order_no=order_no)
        order = rows.select_related("company", "payer_account", "instruction").first()
        if order is None:
            raise NotFound("payment order")
        return Response(order_body(order))


class InquiryAskedSerializer(serializers.Serializer[Any]):
    """When the bank is asked next; what it answers stands with the order."""

    order_no = serializers.CharField()
    state = serializers.CharField()
    next_inquiry_at = serializers.DateTimeField()


class OrderInquiryView(ReadingView):
    """A question to the bank."""

    policies = {"POST": callers("payments.inquire")}

    @extend_schema(
        operation_id="payment_orders_inquire",
        summary="立即向银行查询付款结果",
        request=None,
        responses={202: InquiryAskedSerializer},
    )
    def post(self, request: Request, order_no: str) -> Response:
        """The bank is asked at the next turn; 409 `not_open` where the payment has its end, `asked_recently` below the bank's interval."""
        scope = scope_for(request)
        order = selectors.get_order(order_no, scope=scope)
        if order.instruction_id is None:
            raise Conflict("付款单尚未发送，没有可查询的结果", "nothing was sent", code="not_open")
        actor = cast(Any, client_of(request) or request.user)
        row = asking.ask_now(instruction_id=order.instruction_id, actor=actor, scope=scope)
        told = row.next_inquiry_at.isoformat() if row.next_inquiry_at else None
        body = {"order_no": order.order_no, "state": row.state, "next_inquiry_at": told}
        return Response(body, status=202)


class ImportResultsView(ReadingView):
    """What became of an imported list."""

    policies = {"GET": callers("payments.view")}

    @extend_schema(
        operation_id="payment_imports_results",
        summary="导入清单的结果",
        responses=ImportResultsSerializer,
    )
    def get(self, request: Request, import_id: int) -> Response:
        """The same rows as the result file."""
        made, rows = results.result_rows(import_id, scope=scope_for(request))
        body = [
            {
                "row": row.row,
                "order_no": row.order_no,
                "doc_no": row.cells[1],
                "line_no": row.cells[2],
                "amount": row.cells[11],
                "state": row.state,
                "state_name": row.state_name,
                "bank_serial": row.bank_serial,
                "reason": row.reason,
                "at": row.at.isoformat() if row.at else None,
            }
            for row in rows
        ]
        return Response(
            {"import_id": made.pk, "file_name": made.file_name, "sha256": made.sha256, "rows": body}
        )


urlpatterns: list[URLPattern] = [
    path("payment-orders/<str:order_no>", OrderView.as_view(), name="api_payment_order"),
    path(
        "payment-orders/<str:order_no>/inquire",
        OrderInquiryView.as_view(),
        name="api_payment_order_inquire",
    ),
    path(
        "payment-imports/<int:import_id>/results",
        ImportResultsView.as_view(),
        name="api_import_results",
    ),
]
