"""Addresses of the app's pages."""

from __future__ import annotations

from django.urls import URLPattern, path

from kernel.access import guarded
from statements import views

app_name = "statements"
urlpatterns: list[URLPattern] = [
    path("entries/", guarded(views.entries, "statements.view"), name="entries"),
    path("entries/<int:entry_id>/", guarded(views.entry, "statements.view"), name="entry"),
    path("balances/", guarded(views.balances, "statements.view"), name="balances"),
    path("days/", guarded(views.days, "statements.view"), name="days"),
]
