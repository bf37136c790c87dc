"""Addresses of the app's pages."""

from __future__ import annotations

from django.urls import URLPattern, path

from statements import views

app_name = "statements"
urlpatterns: list[URLPattern] = [
    path("entries/", views.entries, name="entries"),
    path("entries/<int:entry_id>/", views.entry, name="entry"),
    path("balances/", views.balances, name="balances"),
    path("days/", views.days, name="days"),
]
