"""/api/v1: a literal table of the apps that offer endpoints; each keeps its own `urlpatterns` in its api.py."""

from __future__ import annotations

from importlib import import_module

from django.urls import URLPattern, URLResolver

API_MODULES = (
    "erpbridge.api",
    "payments.api",
    "statements.api",
    "statements.receipt_api",
    "bankbridge.api",
    "receipts.api",
    "receipts.sweep_api",
    "masterdata.api",
    "yqlink.workspace.api",
)

urlpatterns: list[URLPattern | URLResolver] = []
for _module in API_MODULES:
    urlpatterns += import_module(_module).urlpatterns
