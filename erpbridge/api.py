"""/api/v1 endpoints through which documents come in and results go out; every write carries its idempotency key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import URLPattern, path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from desk.api import number_parameter
from erpbridge.contract import OUT_FIELDS, Delivery, Kind
from erpbridge.services import publish, receipts_in, taking
from erpbridge.shapes import (
    LIMIT_MAX,
    AckedSerializer,
    AckSerializer,
    FaultsSerializer,
    HoldingsSerializer,
    ItemResultsSerializer,
    MasterDataSerializer,
    MessagesPageSerializer,
    NoticeAcksSerializer,
    PaymentRequestsSerializer,
    PublishedPageSerializer,
    TakenSerializer,
    VoucherAcksSerializer,
)
from kernel.errors import InvalidInput, NotAllowed
from masterdata.api_access import SystemView, client_of, systems
from masterdata.selectors import scope_of_client
from payments.api import OrderListView
from receipts import notice_vouchers

if TYPE_CHECKING:
    from masterdata.models import ApiClient


def _system(request: Request) -> ApiClient:
    client = client_of(request)
    if client is None:
        raise NotAllowed(
            "此接口只供财务系统以接口密钥调用", "only for systems with a key", code="client_only"
        )
    return client


# What every delivery carries, and how it is answered: item by item, or refused whole.
_KEY = OpenApiParameter("Idempotency-Key", str, OpenApiParameter.HEADER, required=True)
_TAKEN = {200: ItemResultsSerializer, 409: FaultsSerializer, 422: FaultsSerializer}


class PaymentOrdersView(OrderListView):
    """Payment orders: read by people and systems, written by systems."""

    policies = {**OrderListView.policies, "POST": systems("payments.make")}

    @extend_schema(
        operation_id="payment_orders_create",
        summary="提交付款申请",
        request=PaymentRequestsSerializer,
        responses={
            200: ItemResultsSerializer,
            201: TakenSerializer,
            409: FaultsSerializer,
            422: FaultsSerializer,
        },
        parameters=[
            OpenApiParameter("Idempotency-Key", str, OpenApiParameter.HEADER, required=True),
        ],
    )
    def post(self, request: Request) -> Response:
        """Make and submit payment orders, all or none; the same key replays the first answer."""
        body = request.data
        if not isinstance(body, dict):
            raise InvalidInput("请求内容应为对象", "the body is an object", field="items")
        return _taken(request, Kind.PAYMENT_REQUEST, body, is_whole=body.get("mode") != "each")


def _taken(
    request: Request, kind: Kind, body: dict[str, Any], *, is_whole: bool = False
) -> Response:
    """Hand the body's items to the one service that takes them, and answer as it says."""
    items = body.get("items")
    delivery = Delivery(
        kind=kind,
        key=request.headers.get("Idempotency-Key", ""),
        items=_without_floats(items) if isinstance(items, list) else [],
        style="api",
        origin=request.META.get("REMOTE_ADDR", ""),
        is_whole=is_whole,
    )
    reply, is_replay = taking.take(client=_system(request), delivery=delivery)
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


class PaymentResultsView(SystemView):
    """Results for the calling finance system."""

    policies = {"GET": systems("payments.view")}

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
        rows = publish.messages_after(
            client=_system(request),
            kind=Kind.PAYMENT_RESULT,
            after=after,
            limit=limit,
            only_open=only_open,
        )
        body = {"results": rows, "next": rows[-1].pk if rows else after}
        return Response(PublishedPageSerializer(body).data)


class PaymentResultAcksView(SystemView):
    """Acknowledgements."""

    policies = {"POST": systems("payments.view")}

    @extend_schema(
        operation_id="payment_results_acknowledge",
        summary="确认已收到付款结果",
        request=AckSerializer,
        responses=AckedSerializer,
    )
    def post(self, request: Request) -> Response:
        """Say which results are stored; saying so twice changes nothing, hence no key is wanted."""
        given = AckSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        count = receipts_in.acknowledge(
            client=_system(request), message_ids=given.validated_data["message_ids"]
        )
        return Response({"acknowledged": count})


class MessagesView(SystemView):
    """Messages of every kind for the calling finance system: results, vouchers, statements."""

    policies = {"GET": systems("payments.view")}

    @extend_schema(
        operation_id="messages_list",
        summary="读取发给财务系统的消息",
        responses=MessagesPageSerializer,
        parameters=[
            OpenApiParameter("after", OpenApiTypes.INT, description="cursor: the last id read"),
            OpenApiParameter("limit", OpenApiTypes.INT, description=f"at most {LIMIT_MAX}"),
            OpenApiParameter("kind", OpenApiTypes.STR, enum=[*OUT_FIELDS]),
            OpenApiParameter(
                "open", OpenApiTypes.BOOL, description="only messages not acknowledged yet"
            ),
        ],
    )
    def get(self, request: Request) -> Response:
        """Messages after a cursor, oldest first; at least once, always under the same id."""
        after = number_parameter(request, "after") or 0
        rows = publish.messages_after(
            client=_system(request),
            kind=request.query_params.get("kind", ""),
            after=after,
            limit=min(max(number_parameter(request, "limit") or 100, 1), LIMIT_MAX),
            only_open=request.query_params.get("open", "").lower() in ("1", "true", "yes"),
        )
        told = [
            {
                "id": row.pk,
                "message_id": row.message_id,
                "kind": row.kind,
                "made_at": row.made_at,
                "acked_at": row.acked_at,
                "items": publish.items_of(row),
            }
            for row in rows
        ]
        body = {"results": told, "next": rows[-1].pk if rows else after}
        return Response(MessagesPageSerializer(body).data)


class MessageAcksView(PaymentResultAcksView):
    """Acknowledgements of messages of every kind."""

    @extend_schema(
        operation_id="messages_acknowledge",
        summary="确认已收到消息",
        request=AckSerializer,
        responses=AckedSerializer,
    )
    def post(self, request: Request) -> Response:
        """Say which messages are stored; saying so twice changes nothing, hence no key is wanted."""
        return super().post(request)


class VoucherAcksView(SystemView):
    """What became of vouchers in the finance system."""

    policies = {"POST": systems("vouchers.acknowledge")}

    @extend_schema(
        operation_id="voucher_acks_take",
        summary="回报凭证入账结果",
        request=VoucherAcksSerializer,
        responses=_TAKEN,
        parameters=[_KEY],
    )
    def post(self, request: Request) -> Response:
        """Take what was booked, under which number, and what was refused, with the reason."""
        return _taken(request, Kind.VOUCHER_ACK, _object(request))


class NoticeAcksView(SystemView):
    """What became of receipts in the finance system."""

    policies = {"POST": systems("vouchers.acknowledge")}

    @extend_schema(
        operation_id="arrival_notices_acknowledge",
        summary="回报到款入账结果",
        request=NoticeAcksSerializer,
        responses=_TAKEN,
        parameters=[_KEY],
    )
    def post(self, request: Request) -> Response:
        """Take by notice number what was booked: the voucher a receipt stands in is acknowledged, with all its receipts."""
        body = _object(request)
        items = body.get("items")
        items = items if isinstance(items, list) else []
        known = notice_vouchers.posting_keys(
            [str(one.get("notice_no", "")) for one in items if isinstance(one, dict)],
            scope=scope_of_client(_system(request)),
        )
        told = [_of_voucher(one, known) if isinstance(one, dict) else one for one in items]
        return _taken(request, Kind.VOUCHER_ACK, {"items": told})


def _of_voucher(item: dict[str, Any], known: dict[str, str]) -> dict[str, Any]:
    """What was said of a receipt, said of its voucher."""
    rest = {name: value for name, value in item.items() if name != "notice_no"}
    return {**rest, "posting_key": known.get(str(item.get("notice_no", "")), "")}


def _object(request: Request) -> dict[str, Any]:
    body = request.data
    if not isinstance(body, dict):
        raise InvalidInput("请求内容应为对象", "the body is an object", field="items")
    return body


class MasterDataView(SystemView):
    """Suppliers and customers from a finance system."""

    policies = {"POST": systems("payees.propose")}

    @extend_schema(
        operation_id="master_data_take",
        summary="同步供应商与客户",
        request=MasterDataSerializer,
        responses=_TAKEN,
        parameters=[_KEY],
    )
    def post(self, request: Request) -> Response:
        """Take suppliers and customers; new bank accounts wait until another person confirms them."""
        return _taken(request, Kind.MASTER_DATA, _object(request))


class HoldingsView(SystemView):
    """What a finance system holds, to be compared with what we hold."""

    policies = {"POST": systems("payments.view")}

    @extend_schema(
        operation_id="holdings_take",
        summary="报送日终持有清单",
        request=HoldingsSerializer,
        responses=_TAKEN,
        parameters=[_KEY],
    )
    def post(self, request: Request) -> Response:
        """Take rows of a list; it is compared with our books once it is whole."""
        return _taken(request, Kind.HOLDING, _object(request))


urlpatterns: list[URLPattern] = [
    path("payment-orders", PaymentOrdersView.as_view(), name="api_payment_orders"),
    path("master-data", MasterDataView.as_view(), name="api_master_data"),
    path(
        "arrival-notices/ack",
        NoticeAcksView.as_view(),
        name="api_arrival_notices_ack",
    ),
    path("voucher-acks", VoucherAcksView.as_view(), name="api_voucher_acks"),
    path("holdings", HoldingsView.as_view(), name="api_holdings"),
    path("messages", MessagesView.as_view(), name="api_messages"),
    path("messages/ack", MessageAcksView.as_view(), name="api_messages_ack"),
    path("payment-results", PaymentResultsView.as_view(), name="api_payment_results"),
    path("payment-results/ack", PaymentResultAcksView.as_view(), name="api_payment_results_ack"),
]
