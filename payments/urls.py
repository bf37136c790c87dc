"""Addresses of the app's pages."""

from __future__ import annotations

from django.urls import URLPattern, path

from kernel.access import guarded, guarded_by
from payments.acts import ACTS
from payments.views import (
    acts,
    adjudications,
    bulk,
    gate,
    imports,
    linked,
    lists,
    outside,
    pages,
    rules,
    schedules,
)

app_name = "payments"


_MAKE, _VIEW, _IMPORT = "payments.make", "payments.view", "payments.import"
_ADJUDICATE = "payments.adjudicate"
_ACTS = {name: act.rights for name, act in ACTS.items()}
_MANY = {name: rights for name, rights in _ACTS.items() if name in bulk.ACTS_OF_MANY}


def _list(address: str, page: str, name: str, right: str = _VIEW) -> URLPattern:
    return path(address, guarded(lists.show, right), {"name": page}, name=name)


urlpatterns: list[URLPattern] = [
    _list("orders/", "orders", "orders"),
    _list("status/", "status", "status"),
    path("gate/", guarded(gate.gate, _ADJUDICATE, "connections.edit"), name="gate"),
    path("new/", guarded(pages.create, _MAKE), name="create"),
    path("new/typed/", guarded(schedules.typed, "payments.free_payee"), name="create_typed"),
    path("schedules/", guarded(schedules.schedule_list, _VIEW), name="schedules"),
    path("schedules/new/", guarded(schedules.schedule_new, _MAKE), name="schedule_new"),
    path("schedules/<str:code>/", guarded(schedules.schedule, _VIEW), name="schedule"),
    path(
        "schedules/<str:code>/decide/",
        guarded(schedules.schedule_decide, "payments.check"),
        name="schedule_decide",
    ),
    path(
        "schedules/<str:code>/close/",
        guarded(schedules.schedule_close, _MAKE, "payments.check"),
        name="schedule_close",
    ),
    path(
        "schedules/<str:code>/draft/",
        guarded(schedules.schedule_draft, _MAKE),
        name="schedule_draft",
    ),
    path("new/check/", guarded(pages.check_live, _MAKE), name="check_live"),
    path("orders/<str:order_no>/", guarded(pages.order_page, _VIEW), name="order"),
    path("orders/<str:order_no>/edit/", guarded(pages.edit, _MAKE), name="edit"),
    path("orders/<str:order_no>/ask/", guarded(acts.ask, "payments.inquire"), name="ask"),
    path(
        "orders/<str:order_no>/outside/",
        guarded(outside.propose, _MAKE, _ADJUDICATE),
        name="outside_propose",
    ),
    path(
        "orders/<str:order_no>/adjudicate/",
        guarded(adjudications.propose, _ADJUDICATE),
        name="adjudicate",
    ),
    path(
        "orders/<str:order_no>/<slug:name>/",
        guarded_by(acts.act_on_order, "name", _ACTS),
        name="act",
    ),
    path("bulk/<slug:name>/", guarded_by(bulk.bulk, "name", _MANY), name="bulk"),
    _list("check/", "check", "check_desk", "payments.check"),
    _list("approve/", "approve", "approve_desk", "payments.approve"),
    _list("release/", "release", "release_desk", "payments.release"),
    _list("drafts/", "drafts", "drafts", "payments.make"),
    _list("held/", "held", "held", "payments.lift_hold"),
    _list("unknown/", "unknown", "unknown"),
    _list("failed/", "failed", "failures"),
    path("rules/", guarded(rules.hits, _VIEW), name="rules"),
    _list("adjudications/", "adjudications", "adjudications"),
    path(
        "adjudications/<int:adjudication_id>/",
        guarded(adjudications.adjudication, _VIEW),
        name="adjudication",
    ),
    path(
        "adjudications/<int:adjudication_id>/evidence/",
        guarded(adjudications.evidence, _VIEW),
        name="adjudication_evidence",
    ),
    _list("batches/", "batches", "batches"),
    path("batches/<str:batch_no>/", guarded(pages.batch_page, _VIEW), name="batch"),
    path("outside/", guarded(outside.outside_list, _VIEW), name="outside_list"),
    path("outside/<int:record_id>/", guarded(outside.record_page, _VIEW), name="outside"),
    path(
        "outside/<int:record_id>/decide/",
        guarded(outside.decide, _ADJUDICATE),
        name="outside_decide",
    ),
    path(
        "outside/<int:record_id>/evidence/",
        guarded(outside.evidence, _VIEW),
        name="outside_evidence",
    ),
    path("linked/", guarded(linked.linked_list, _VIEW), name="linked_list"),
    path("linked/new/", guarded(linked.create, _MAKE), name="linked_create"),
    path("linked/<str:link_no>/", guarded(linked.linked_page, _VIEW), name="linked"),
    path("import/", guarded(imports.upload, _IMPORT), name="import"),
    _list("imports/", "imports", "imports"),
    path("imports/<int:import_id>/", guarded(imports.preview, _VIEW), name="import_preview"),
    path(
        "imports/<int:import_id>/confirm/", guarded(imports.confirm, _IMPORT), name="import_confirm"
    ),
    path(
        "imports/<int:import_id>/refresh/",
        guarded(imports.decide, _IMPORT),
        {"act": "refresh"},
        name="import_refresh",
    ),
    path(
        "imports/<int:import_id>/discard/",
        guarded(imports.decide, _IMPORT),
        {"act": "discard"},
        name="import_discard",
    ),
    path(
        "imports/<int:import_id>/errors.xlsx",
        guarded(imports.download, _VIEW),
        {"what": "errors.xlsx"},
        name="import_errors",
    ),
    path(
        "imports/<int:import_id>/result.xlsx",
        guarded(imports.download, _VIEW),
        {"what": "result.xlsx"},
        name="result_xlsx",
    ),
    path(
        "imports/<int:import_id>/result.csv",
        guarded(imports.download, _VIEW),
        {"what": "result.csv"},
        name="result_csv",
    ),
]
