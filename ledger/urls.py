"""Addresses of the app's pages."""

from __future__ import annotations

from django.urls import URLPattern, path

from kernel.access import guarded, guarded_by
from ledger.views import control, imports, journal, vouchers

VOUCHER_ACTS = {"post": ("ledger.confirm",), "void": ("ledger.confirm", "ledger.book")}
FILE_ACTS = dict.fromkeys(("confirm", "drop", "withdraw"), ("ledger.import",))

app_name = "ledger"
urlpatterns: list[URLPattern] = [
    path("journal/", guarded(journal.books, "ledger.view"), name="books"),
    path("journal/entries/", guarded(journal.entries, "ledger.view"), name="entries"),
    path("journal/<int:account_id>/", guarded(journal.journal, "ledger.view"), name="journal"),
    path(
        "journal/<int:account_id>/print/",
        guarded(journal.journal_print, "ledger.view"),
        name="journal_print",
    ),
    path(
        "journal/<int:account_id>/workbook/",
        guarded(journal.journal_workbook, "ledger.view"),
        name="journal_workbook",
    ),
    path(
        "journal/<int:account_id>/opening/", guarded(journal.opening, "ledger.book"), name="opening"
    ),
    path("import/", guarded(imports.upload, "ledger.import"), name="import"),
    path("import/<int:file_id>/", guarded(imports.preview, "ledger.import"), name="import_preview"),
    path(
        "import/<int:file_id>/mapping/",
        guarded(imports.mapping, "ledger.import"),
        name="import_mapping",
    ),
    path(
        "import/<int:file_id>/<slug:act>/",
        guarded_by(imports.act, "act", FILE_ACTS),
        name="import_act",
    ),
    path("vouchers/", guarded(vouchers.vouchers, "ledger.view"), name="vouchers"),
    path("vouchers/pack/", guarded(vouchers.pack, "ledger.view"), name="pack"),
    path("vouchers/<int:voucher_id>/", guarded(vouchers.voucher, "ledger.view"), name="voucher"),
    path(
        "vouchers/<int:voucher_id>/print/",
        guarded(vouchers.voucher_print, "ledger.view"),
        name="voucher_print",
    ),
    path(
        "vouchers/<int:voucher_id>/reverse/",
        guarded(vouchers.reverse_page, "ledger.book"),
        name="voucher_reverse",
    ),
    path(
        "vouchers/<int:voucher_id>/<slug:act>/",
        guarded_by(vouchers.act, "act", VOUCHER_ACTS),
        name="voucher_act",
    ),
    path("templates/", guarded(control.template_list, "ledger.view"), name="templates"),
    path("templates/new/", guarded(control.template_form, "ledger.book"), name="template_new"),
    path("templates/<int:template_id>/", guarded(control.template, "ledger.view"), name="template"),
    path(
        "templates/<int:template_id>/next/",
        guarded(control.template_form, "ledger.book"),
        name="template_next",
    ),
    path("periods/", guarded(control.period_list, "ledger.view"), name="periods"),
    path("changes/<int:change_id>/", guarded(control.change, "ledger.view"), name="change"),
    path(
        "changes/<int:change_id>/decide/",
        guarded(control.decide, "ledger.confirm"),
        name="change_decide",
    ),
]
