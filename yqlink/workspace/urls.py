"""Addresses of the app's pages."""

from __future__ import annotations

from django.urls import path

from kernel.access import guarded, personal
from yqlink.workspace import evidence, views

app_name = "workspace"
urlpatterns = [
    path("", personal(views.home), name="home"),
    path(
        "interface-log/",
        guarded(views.interface_log, "connections.view", "exchanges.read"),
        name="interface_log",
    ),
    path(
        "interface-log/latency/",
        guarded(views.latency, "connections.view", "exchanges.read"),
        name="latency",
    ),
    path("board/", personal(views.board), name="board"),
    path("search/", personal(views.search), name="search"),
    path("evidence/<str:order_no>/", guarded(evidence.ask, evidence.RIGHT), name="evidence"),
]
