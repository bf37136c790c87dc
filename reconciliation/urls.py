"""Addresses of the app's pages."""

from __future__ import annotations

from django.urls import URLPattern, path

from kernel.access import guarded, guarded_by
from reconciliation import desk_urls
from reconciliation.views import brs, closing, days, items, statements

VIEW, PREPARE, REVIEW = "reconciliation.view", "reconciliation.match", "reconciliation.decide"
SIGN_ACTS = dict.fromkeys(("review", "send_back"), (REVIEW,))

app_name = "reconciliation"
urlpatterns: list[URLPattern] = [
    path("days/", guarded(days.overview, VIEW), name="days"),
    path("days/waiting/", guarded(days.waiting, VIEW), name="days_waiting"),
    path("days/sign/", guarded(days.sign_many, PREPARE), name="days_sign"),
    path("days/<int:account_id>/<str:day>/", guarded(days.account_day, VIEW), name="day"),
    path(
        "days/<int:account_id>/<str:day>/classify/",
        guarded(days.classify, PREPARE),
        name="day_classify",
    ),
    path("days/<int:account_id>/<str:day>/sign/", guarded(days.sign, PREPARE), name="day_sign"),
    path("close/", guarded(closing.overview, VIEW), name="closes"),
    path("close/archives/<int:pack_id>/", guarded(closing.archive, VIEW), name="close_archive"),
    path("close/<int:company_id>/<str:month>/", guarded(closing.close, VIEW), name="close"),
    path(
        "close/<int:company_id>/<str:month>/propose/",
        guarded(closing.propose, "ledger.book"),
        name="close_propose",
    ),
    path(
        "close/<int:company_id>/<str:month>/decide/<int:change_id>/",
        guarded(closing.decide, "ledger.confirm"),
        name="close_decide",
    ),
    path("items/", guarded(items.items, VIEW), name="items"),
    path("brs/", guarded(brs.overview, VIEW), name="brs_overview"),
    path("brs/archive/", guarded(brs.archive, VIEW), name="brs_archive"),
    path("brs/<int:account_id>/", guarded(brs.account, VIEW), name="brs_account"),
    path("brs/<int:account_id>/print/", guarded(brs.account_print, VIEW), name="brs_account_print"),
    path(
        "brs/<int:account_id>/workbook/",
        guarded(brs.account_workbook, VIEW),
        name="brs_account_workbook",
    ),
    path("brs/<int:account_id>/prepare/", guarded(brs.prepare, PREPARE), name="brs_prepare"),
    path("brs/<int:account_id>/opening/", guarded(brs.opening, PREPARE), name="brs_opening"),
    path(
        "brs/<int:account_id>/items/<slug:side>/<int:line_id>/",
        guarded(brs.item, PREPARE),
        name="brs_item",
    ),
    path("statements/<int:statement_id>/", guarded(statements.statement, VIEW), name="brs"),
    path(
        "statements/<int:statement_id>/print/",
        guarded(statements.statement_print, VIEW),
        name="brs_print",
    ),
    path(
        "statements/<int:statement_id>/workbook/",
        guarded(statements.statement_workbook, VIEW),
        name="brs_workbook",
    ),
    path(
        "statements/<int:statement_id>/<slug:act>/",
        guarded_by(statements.act, "act", SIGN_ACTS),
        name="brs_act",
    ),
    *desk_urls.urlpatterns,
]
