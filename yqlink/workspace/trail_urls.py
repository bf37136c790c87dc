"""Addresses of the examiners' pages; they stand here because they use the list page, which audit may not know."""

from __future__ import annotations

from django.urls import URLPattern, path

from kernel.access import guarded
from yqlink.workspace import trail

app_name = "audit"
urlpatterns: list[URLPattern] = [
    path("", guarded(trail.trail, "audit.read"), name="trail"),
    path("rows/", guarded(trail.rows, "audit.read"), name="rows"),
    path("verify/", guarded(trail.verify, "audit.read"), name="verify"),
    path("<int:entry_id>/", guarded(trail.entry_page, "audit.read"), name="entry"),
]
