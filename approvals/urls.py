"""Addresses of the app's pages."""

from __future__ import annotations

from django.urls import URLPattern, path

from approvals import views
from approvals.signing import keys, pages
from approvals.standing import pages as standing
from approvals.standing import services
from kernel.access import guarded, personal

app_name = "approvals"
urlpatterns: list[URLPattern] = [
    path("matrix/trial/", guarded(views.matrix_trial, "strategy.view"), name="matrix_trial"),
    path("standing/", guarded(standing.mandates, "strategy.view"), name="mandates"),
    path(
        "standing/<int:authority_id>/", guarded(standing.mandate, "strategy.view"), name="mandate"
    ),
    path(
        "standing/<int:authority_id>/sign/",
        guarded(standing.sign, services.SIGN_RIGHT),
        name="mandate_sign",
    ),
    path(
        "standing/<int:authority_id>/stop/",
        guarded(standing.stop, *services.STOP_RIGHTS),
        name="mandate_stop",
    ),
    path("keys/", personal(pages.keys_page), name="keys"),
    path("keys/new/", personal(pages.enrol), name="key_enrol"),
    path("keys/token/", personal(pages.enrol_token), name="key_token"),
    path("keys/passphrase/", personal(pages.passphrase), name="key_passphrase"),
    path(
        "keys/<int:key_id>/confirm/",
        guarded(pages.confirm, keys.CONFIRM_RIGHT),
        name="key_confirm",
    ),
    path("keys/<int:key_id>/refuse/", guarded(pages.refuse, keys.CONFIRM_RIGHT), name="key_refuse"),
    path("keys/<int:key_id>/revoke/", personal(pages.revoke), name="key_revoke"),
]
