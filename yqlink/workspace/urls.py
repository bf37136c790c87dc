"""Addresses of the app's pages."""

from __future__ import annotations

from django.urls import path

from yqlink.workspace import views

app_name = "workspace"
urlpatterns = [
    path("", views.home, name="home"),
    path("search/", views.search, name="search"),
]
