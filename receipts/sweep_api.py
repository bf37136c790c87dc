"""/api/v1 endpoint that reads the runs of collection schedules, and has one made now; people sign in, systems show their key."""

from __future__ import annotations

from typing import Any, cast

from django.urls import URLPattern, path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from desk.api import page_of, page_parameters, read_page
from masterdata.api_access import ReadingView, callers, client_of, scope_for
from receipts import office_selectors
from receipts.models import CollectionRun
from receipts.services import collecting
from receipts.states import RunState

LIMIT_MAX = 200


class SweepSerializer(serializers.Serializer[Any]):
    """One run of a collection schedule: what it fetched, and the order it drafted, if it drafted one."""

    id = serializers.IntegerField()
    account = serializers.CharField()
    schedule = serializers.CharField()
    scheduled_at = serializers.DateTimeField()
    state = serializers.ChoiceField(choices=[one.value for one in RunState])
    arrivals = serializers.IntegerField(allow_null=True)
    order_no = serializers.CharField(allow_blank=True)
    note = serializers.CharField(allow_blank=True)


class SweepWishSerializer(serializers.Serializer[Any]):
    """Which account is to be collected from now."""

    account = serializers.CharField(max_length=40)


def _run(row: CollectionRun) -> dict[str, Any]:
    return {
        "id": row.pk,
        "account": row.account.number,
        "schedule": row.schedule.title,
        "scheduled_at": row.scheduled_at.isoformat(),
        "state": str(row.state),
        "arrivals": row.arrivals,
        "order_no": row.order_no,
        "note": row.note,
    }


class SweepsView(ReadingView):
    """Sweeps."""

    policies = {"GET": callers("receipts.view"), "POST": callers("receipts.arrange")}

    @extend_schema(
        operation_id="sweeps_list",
        summary="归集执行记录",
        responses=page_of(SweepSerializer),
        parameters=[OpenApiParameter("account", OpenApiTypes.STR), *page_parameters(LIMIT_MAX)],
    )
    def get(self, request: Request) -> Response:
        """Runs of the companies whose receipts the caller may see, the newest first."""
        rows = office_selectors.visible_runs(scope_for(request))
        rows = rows.select_related("account", "schedule")
        if text := request.query_params.get("account", ""):
            rows = rows.filter(account__number=text[:40])
        page, following = read_page(
            request, rows, order="-scheduled_at", size=50, size_max=LIMIT_MAX
        )
        return Response({"results": [_run(row) for row in page], "next": following})

    @extend_schema(
        operation_id="sweeps_run",
        summary="立即归集",
        request=SweepWishSerializer,
        responses={202: SweepSerializer},
    )
    def post(self, request: Request) -> Response:
        """A run of the account's schedule now, within its limits a run and a day; asked twice in a minute it is one run."""
        given = SweepWishSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        actor = cast(Any, client_of(request) or request.user)
        row = collecting.run_now(
            account_number=given.validated_data["account"], actor=actor, scope=scope_for(request)
        )
        return Response(_run(row), status=status.HTTP_202_ACCEPTED)


urlpatterns: list[URLPattern] = [path("sweeps", SweepsView.as_view(), name="api_sweeps")]
