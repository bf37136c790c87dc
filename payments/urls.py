"""Addresses of the app's pages."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.urls import URLPattern, path

from payments.views import acts, adjudications, bulk, imports, linked, lists, outside, pages

app_name = "payments"


def _list(address: str, page: str, name: str) -> URLPattern:
    return path(address, login_required(lists.show), {"name": page}, name=name)


urlpatterns: list[URLPattern] = [
    _list("orders/", "orders", "orders"),
    path("new/", login_required(pages.create), name="create"),
    path("new/check/", login_required(pages.check_live), name="check_live"),
    path("orders/<str:order_no>/", login_required(pages.order_page), name="order"),
    path("orders/<str:order_no>/edit/", login_required(pages.edit), name="edit"),
    path("orders/<str:order_no>/ask/", login_required(acts.ask), name="ask"),
    path("orders/<str:order_no>/outside/", login_required(outside.propose), name="outside_propose"),
    path(
        "orders/<str:order_no>/adjudicate/",
        login_required(adjudications.propose),
        name="adjudicate",
    ),
    path("orders/<str:order_no>/<slug:name>/", login_required(acts.act_on_order), name="act"),
    path("bulk/<slug:name>/", login_required(bulk.bulk), name="bulk"),
    _list("check/", "check", "check_desk"),
    _list("approve/", "approve", "approve_desk"),
    _list("release/", "release", "release_desk"),
    _list("drafts/", "drafts", "drafts"),
    _list("held/", "held", "held"),
    _list("unknown/", "unknown", "unknown"),
    _list("failed/", "failed", "failures"),
    _list("adjudications/", "adjudications", "adjudications"),
    path(
        "adjudications/<int:adjudication_id>/",
        login_required(adjudications.adjudication),
        name="adjudication",
    ),
    path(
        "adjudications/<int:adjudication_id>/evidence/",
        login_required(adjudications.evidence),
        name="adjudication_evidence",
    ),
    _list("batches/", "batches", "batches"),
    path("batches/<str:batch_no>/", login_required(pages.batch_page), name="batch"),
    path("outside/", login_required(outside.outside_list), name="outside_list"),
    path("outside/<int:record_id>/", login_required(outside.record_page), name="outside"),
    path("outside/<int:record_id>/decide/", login_required(outside.decide), name="outside_decide"),
    path(
        "outside/<int:record_id>/evidence/",
        login_required(outside.evidence),
        name="outside_evidence",
    ),
    path("linked/", login_required(linked.linked_list), name="linked_list"),
    path("linked/new/", login_required(linked.create), name="linked_create"),
    path("linked/<str:link_no>/", login_required(linked.linked_page), name="linked"),
    path("import/", login_required(imports.upload), name="import"),
    _list("imports/", "imports", "imports"),
    path("imports/<int:import_id>/", login_required(imports.preview), name="import_preview"),
    path(
        "imports/<int:import_id>/confirm/", login_required(imports.confirm), name="import_confirm"
    ),
    path(
        "imports/<int:import_id>/refresh/",
        login_required(imports.decide),
        {"act": "refresh"},
        name="import_refresh",
    ),
    path(
        "imports/<int:import_id>/discard/",
        login_required(imports.decide),
        {"act": "discard"},
        name="import_discard",
    ),
    path(
        "imports/<int:import_id>/errors.xlsx",
        login_required(imports.download),
        {"what": "errors.xlsx"},
        name="import_errors",
    ),
    path(
        "imports/<int:import_id>/result.xlsx",
        login_required(imports.download),
        {"what": "result.xlsx"},
        name="result_xlsx",
    ),
    path(
        "imports/<int:import_id>/result.csv",
        login_required(imports.download),
        {"what": "result.csv"},
        name="result_csv",
    ),
]
