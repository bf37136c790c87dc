"""Addresses of the app's pages."""

from __future__ import annotations

from django.urls import URLPattern, path

from bankbridge import views

app_name = "bankbridge"
urlpatterns: list[URLPattern] = [
    path("channels/", views.channels, name="channels"),
    path("exchanges/", views.exchanges, name="exchanges"),
    path("exchanges/<str:key>/", views.exchange, name="exchange"),
    path("pull/", views.pull, name="pull"),
]
