"""Addresses of the examiners' pages; they stand here because they use the list page, which audit may not know."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.urls import URLPattern, path

from yqlink.workspace import trail

app_name = "audit"
urlpatterns: list[URLPattern] = [
    path("", login_required(trail.trail), name="trail"),
    path("verify/", login_required(trail.verify), name="verify"),
    path("<int:entry_id>/", login_required(trail.entry_page), name="entry"),
]
