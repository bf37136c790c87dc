"""Addresses of the app's pages."""

from __future__ import annotations

from django.urls import URLPattern, path

from erpbridge.views import comparing, mappings, monitor, systems
from kernel.access import guarded

app_name = "erpbridge"
_WATCH = ("connections.view", "exchanges.read")
urlpatterns: list[URLPattern] = [
    path("monitor/", guarded(monitor.monitor, *_WATCH), name="monitor"),
    path("monitor/in/", guarded(monitor.deliveries, *_WATCH), name="deliveries"),
    path("monitor/in/<int:delivery_id>/", guarded(monitor.delivery, *_WATCH), name="delivery"),
    path(
        "monitor/in/<int:delivery_id>/open/",
        guarded(monitor.delivery_open, "exchanges.read"),
        name="delivery_open",
    ),
    path(
        "monitor/in/<int:delivery_id>/replay/",
        guarded(monitor.delivery_replay, "connections.edit"),
        name="delivery_replay",
    ),
    path("monitor/out/", guarded(monitor.outgoing, *_WATCH), name="messages"),
    path("monitor/out/<int:message_id>/", guarded(monitor.message, *_WATCH), name="message"),
    path(
        "monitor/out/<int:message_id>/open/",
        guarded(monitor.message_open, "exchanges.read"),
        name="message_open",
    ),
    path(
        "monitor/out/<int:message_id>/again/",
        guarded(monitor.message_again, "connections.edit"),
        name="message_again",
    ),
    path("systems/", guarded(systems.system_list, *_WATCH), name="systems"),
    path(
        "systems/new/<slug:style>/",
        guarded(systems.system_new, "connections.edit"),
        name="system_new",
    ),
    path("systems/<int:system_id>/", guarded(systems.system, *_WATCH), name="system"),
    path(
        "systems/<int:system_id>/edit/",
        guarded(systems.system_edit, "connections.edit"),
        name="system_edit",
    ),
    path(
        "systems/<int:system_id>/secrets/",
        guarded(systems.system_secrets, "connections.edit"),
        name="system_secrets",
    ),
    path(
        "systems/<int:system_id>/stop/",
        guarded(systems.system_stop, "connections.edit"),
        name="system_stop",
    ),
    path(
        "systems/<int:system_id>/test/",
        guarded(systems.system_test, "connections.edit"),
        name="system_test",
    ),
    path(
        "systems/<int:system_id>/mapping/<slug:file_type>/",
        guarded(mappings.sample, "connections.edit"),
        name="mapping_sample",
    ),
    path(
        "systems/<int:system_id>/mapping/<slug:file_type>/<int:file_id>/",
        guarded(mappings.editor, "connections.edit"),
        name="mapping",
    ),
    path(
        "systems/<int:system_id>/mapping/<slug:file_type>/version/",
        guarded(mappings.version, "connections.edit"),
        name="mapping_version",
    ),
    path(
        "systems/changes/<int:change_id>/decide/",
        guarded(systems.decide, "connections.edit"),
        name="system_decide",
    ),
    path("compare/", guarded(comparing.comparisons, "ledger.view"), name="comparisons"),
    path("compare/differences/", guarded(comparing.differences, "ledger.view"), name="differences"),
    path(
        "compare/<int:comparison_id>/",
        guarded(comparing.comparison, "ledger.view"),
        name="comparison",
    ),
    path(
        "compare/<int:comparison_id>/again/",
        guarded(comparing.comparison_again, "ledger.book"),
        name="comparison_again",
    ),
    path(
        "compare/<int:comparison_id>/tell/",
        guarded(comparing.comparison_tell, "ledger.book"),
        name="comparison_tell",
    ),
    path("monitor/refused/", guarded(monitor.refusals, *_WATCH), name="refusals"),
]
