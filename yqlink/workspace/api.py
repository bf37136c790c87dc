"""GET /api/v1/pipeline: where every payment stands and when the next thing is due."""

from __future__ import annotations

from typing import Any, cast

from django.urls import URLPattern, path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from desk.api import number_parameter
from kernel.scope import Scope
from masterdata.api_access import people
from yqlink.workspace.pipeline import pipeline


class PipelineView(APIView):
    """Counts by state, the next due moment, own accounts; with `import` or `source`, each order of it."""

    policies = {"GET": people("payments.view")}

    @extend_schema(
        operation_id="pipeline",
        summary="Where everything is, and what comes next",
        parameters=[
            OpenApiParameter("import", OpenApiTypes.INT, description="Id of one imported list"),
            OpenApiParameter("source", OpenApiTypes.STR, description="One source system"),
        ],
        responses={200: OpenApiTypes.OBJECT},
    )
    def get(self, request: Request) -> Response:
        """The viewer's companies only."""
        scope = cast(Scope, cast(Any, request)._request.scope)
        return Response(
            pipeline(
                scope,
                import_id=number_parameter(request, "import"),
                source=request.query_params.get("source", ""),
            )
        )


urlpatterns: list[URLPattern] = [path("pipeline", PipelineView.as_view(), name="api_pipeline")]
