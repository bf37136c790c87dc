"""The app has no addresses of its own: its pages stand in yqlink/workspace/trail.py, above the list page they use."""

from __future__ import annotations

from django.urls import URLPattern

app_name = "audit_app"
urlpatterns: list[URLPattern] = []
