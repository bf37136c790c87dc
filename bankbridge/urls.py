"""Addresses of the app's pages."""

from __future__ import annotations

from django.urls import URLPattern, path

from bankbridge import views
from bankbridge.checks import ASK as CHECK_ASK
from bankbridge.checks import VIEW as CHECK_VIEW
from kernel.access import guarded

app_name = "bankbridge"
_EVIDENCE = ("connections.view", "exchanges.read")
urlpatterns: list[URLPattern] = [
    path("channels/", guarded(views.channels, "connections.view"), name="channels"),
    path(
        "channels/<int:connection_id>/", guarded(views.channel, "connections.view"), name="channel"
    ),
    path("exchanges/", guarded(views.exchanges, *_EVIDENCE), name="exchanges"),
    path("exchanges/<str:key>/", guarded(views.exchange, *_EVIDENCE), name="exchange"),
    path("preview/<str:order_no>/", guarded(views.preview, "payments.view"), name="preview"),
    path("checks/", guarded(views.checks, *CHECK_VIEW), name="checks"),
    path("checks/ask/", guarded(views.checks_ask, *CHECK_ASK), name="checks_ask"),
    path("pull/", guarded(views.pull, "statements.pull"), name="pull"),
]
