"""Addresses of the app's pages."""

from __future__ import annotations

from django.urls import path

from kernel.access import personal
from yqlink.workspace import views

app_name = "workspace"
urlpatterns = [
    path("", personal(views.home), name="home"),
    path("search/", personal(views.search), name="search"),
]
