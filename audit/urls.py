"""Addresses of the app's pages."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.urls import URLPattern, path

from audit import views

app_name = "audit"
urlpatterns: list[URLPattern] = [
    path("", login_required(views.trail), name="trail"),
    path("verify/", login_required(views.verify), name="verify"),
    path("<int:entry_id>/", login_required(views.entry_page), name="entry"),
]
