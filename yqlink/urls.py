"""Root of all addresses."""

from __future__ import annotations

from csp.decorators import csp_update
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from kernel.access import public
from yqlink.health import healthz

# The viewer of the API schema styles itself inline; that one page may, nothing else.
_viewer = public(
    csp_update({"style-src": ["'unsafe-inline'"]})(
        SpectacularSwaggerSplitView.as_view(url_name="api_schema")
    )
)
_schema = public(SpectacularAPIView.as_view())

urlpatterns = [
    path("healthz", public(healthz), name="healthz"),
    path("api/schema/", _schema, name="api_schema"),
    path("api/docs/", _viewer, name="api_docs"),
    path("api/v1/schema/", _schema),
    path("api/v1/docs/", _viewer),
    path("api/v1/", include("yqlink.api")),
    path("", include("yqlink.workspace.urls")),
    path("", include("masterdata.urls")),
    path("", include("desk.urls")),
    path("audit/", include("yqlink.workspace.trail_urls")),
    path("approvals/", include("approvals.urls")),
    path("payments/", include("payments.urls")),
    path("statements/", include("statements.urls")),
    path("ledger/", include("ledger.urls")),
    path("receipts/", include("receipts.urls")),
    path("reconciliation/", include("reconciliation.urls")),
    path("treasury/", include("treasury.urls")),
    path("bank/", include("bankbridge.urls")),
    path("erp/", include("erpbridge.urls")),
]
