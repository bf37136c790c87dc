"""/api/v1 endpoints through which documents come in and results go out; every write carries its idempotency key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import URLPattern, path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from desk.api import number_parameter
from erpbridge.services import intake, publish
from kernel.errors import InvalidInput, NotAllowed
from masterdata.api_access import ClientAuthentication, client_of
from payments.api import OrderListView

if TYPE_CHECKING:
    from masterdata.models import ApiClient

LIMIT_MAX = 500


class PaymentRequestSerializer(serializers.Serializer[Any]):
    """One payment asked for. Amounts and numbers are strings."""

    doc_type = serializers.CharField(max_length=30)
    doc_no = serializers.CharField(max_length=40)
    line_no = serializers.CharField(max_length=10, required=False, default="1")
    company_code = serializers.CharField(max_length=20)
    payer_account = serializers.CharField(max_length=35)
    payee_code = serializers.CharField(max_length=30)
    payee_name = serializers.CharField(max_length=120)
    payee_account = serializers.CharField(max_length=35)
    payee_bank = serializers.CharField(max_length=120, required=False)
    cnaps = serializers.CharField(max_length=12)
    currency = serializers.CharField(max_length=3)
    amount = serializers.CharField(help_text="1234.56")
    purpose = serializers.CharField(max_length=200)
    remark = serializers.CharField(max_length=200, required=False)
    wish_date = serializers.DateField()
    urgent = serializers.BooleanField(required=False, default=False)
    invoice_no = serializers.CharField(max_length=60, required=False)
    gl_subject = serializers.CharField(max_length=15, required=False)
    cash_flow_item = serializers.CharField(max_length=60, required=False)


class PaymentRequestsSerializer(serializers.Serializer[Any]):
    """Up to 100 payments; all are taken or none."""

    items = PaymentRequestSerializer(many=True)


class TakenOrderSerializer(serializers.Serializer[Any]):
    """An order made of one item."""

    row = serializers.IntegerField()
    doc_type = serializers.CharField()
    doc_no = serializers.CharField()
    line_no = serializers.CharField()
    order_no = serializers.CharField()
    state = serializers.CharField()
    amount = serializers.CharField()
    href = serializers.CharField()
    warnings = serializers.ListField(child=serializers.DictField())


class TakenSerializer(serializers.Serializer[Any]):
    """Orders in the order of the items, and payees another person must confirm first."""

    orders = TakenOrderSerializer(many=True)
    new_payees = serializers.ListField(child=serializers.DictField())


class FaultSerializer(serializers.Serializer[Any]):
    """One fault of one item."""

    code = serializers.CharField()
    field = serializers.CharField()
    row = serializers.IntegerField(allow_null=True)
    message_zh = serializers.CharField()
    message_en = serializers.CharField()


class FaultsSerializer(serializers.Serializer[Any]):
    """Why nothing was taken."""

    errors = FaultSerializer(many=True)  # type: ignore[assignment]  # a field of the message, not the property


class PublishedSerializer(serializers.Serializer[Any]):
    """One result; the same message id may come more than once."""

    id = serializers.IntegerField()
    message_id = serializers.CharField()
    made_at = serializers.DateTimeField()
    acked_at = serializers.DateTimeField(allow_null=True)
    payload = serializers.DictField()


class PublishedPageSerializer(serializers.Serializer[Any]):
    """Results after a cursor; `next` is the cursor to go on with, also when nothing is there yet."""

    results = PublishedSerializer(many=True)
    next = serializers.IntegerField()


class AckSerializer(serializers.Serializer[Any]):
    """Results the finance system has safely stored."""

    message_ids = serializers.ListField(
        child=serializers.CharField(max_length=40), max_length=LIMIT_MAX
    )


class AckedSerializer(serializers.Serializer[Any]):
    """How many of them were not acknowledged before."""

    acknowledged = serializers.IntegerField()


def _system(request: Request) -> ApiClient:
    client = client_of(request)
    if client is None:
        raise NotAllowed(
            "此接口只供财务系统以接口密钥调用", "only for systems with a key", code="client_only"
        )
    return client


class PaymentOrdersView(OrderListView):
    """Payment orders: read by people and systems, written by systems."""

    @extend_schema(
        operation_id="payment_orders_create",
        summary="提交付款申请",
        request=PaymentRequestsSerializer,
        responses={201: TakenSerializer, 409: FaultsSerializer, 422: FaultsSerializer},
        parameters=[
            OpenApiParameter("Idempotency-Key", str, OpenApiParameter.HEADER, required=True),
        ],
    )
    def post(self, request: Request) -> Response:
        """Make and submit payment orders, all or none; the same key replays the first answer."""
        body = request.data
        if not isinstance(body, dict):
            raise InvalidInput("请求内容应为对象", "the body is an object", field="items")
        reply, is_replay = intake.take_payment_orders(
            client=_system(request),
            key=request.headers.get("Idempotency-Key", ""),
            body=_without_floats(body),
            origin=request.META.get("REMOTE_ADDR", ""),
        )
        return Response(
            reply.body,
            status=reply.status,
            headers={"Idempotent-Replay": "true"} if is_replay else None,
        )


def _without_floats(value: Any) -> Any:
    """Floats become their text, marked as no string: the digest needs canonical values, the rules refuse the rest."""
    if isinstance(value, float):
        raise InvalidInput(
            '数字请以字符串传送，如 "1234.56"', "write numbers as strings", code="number"
        )
    if isinstance(value, dict):
        return {str(key): _without_floats(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_without_floats(inner) for inner in value]
    return value


class PaymentResultsView(APIView):
    """Results for the calling finance system."""

    authentication_classes = [ClientAuthentication]
    permission_classes = [IsAuthenticated]

    @extend_schema(
        operation_id="payment_results_list",
        summary="读取付款结果",
        responses=PublishedPageSerializer,
        parameters=[
            OpenApiParameter("after", OpenApiTypes.INT, description="cursor: the last id read"),
            OpenApiParameter("limit", OpenApiTypes.INT, description=f"at most {LIMIT_MAX}"),
            OpenApiParameter(
                "open", OpenApiTypes.BOOL, description="only results not acknowledged yet"
            ),
        ],
    )
    def get(self, request: Request) -> Response:
        """Results after a cursor, oldest first; at least once."""
        after = number_parameter(request, "after") or 0
        limit = min(max(number_parameter(request, "limit") or 100, 1), LIMIT_MAX)
        only_open = request.query_params.get("open", "").lower() in ("1", "true", "yes")
        rows = publish.results_after(
            client=_system(request), after=after, limit=limit, only_open=only_open
        )
        body = {"results": rows, "next": rows[-1].pk if rows else after}
        return Response(PublishedPageSerializer(body).data)


class PaymentResultAcksView(APIView):
    """Acknowledgements."""

    authentication_classes = [ClientAuthentication]
    permission_classes = [IsAuthenticated]

    @extend_schema(
        operation_id="payment_results_acknowledge",
        summary="确认已收到付款结果",
        request=AckSerializer,
        responses=AckedSerializer,
    )
    def post(self, request: Request) -> Response:
        """Say which results are stored; saying so twice changes nothing."""
        given = AckSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        count = publish.acknowledge(
            client=_system(request), message_ids=given.validated_data["message_ids"]
        )
        return Response({"acknowledged": count})


urlpatterns: list[URLPattern] = [
    path("payment-orders", PaymentOrdersView.as_view(), name="api_payment_orders"),
    path("payment-results", PaymentResultsView.as_view(), name="api_payment_results"),
    path("payment-results/ack", PaymentResultAcksView.as_view(), name="api_payment_results_ack"),
]
