"""Addresses of the app's pages."""

from __future__ import annotations

from django.urls import URLPattern, path

from kernel.access import guarded, guarded_by
from statements.views import completeness, days, entries, files, receipts, reports

VIEW, IMPORT, READ = "statements.view", "statements.import", "statements.receipts"
FILE_ACTS = dict.fromkeys(("confirm", "drop"), (IMPORT,))

app_name = "statements"
urlpatterns: list[URLPattern] = [
    path("entries/", guarded(entries.entries, VIEW), name="entries"),
    path("entries/<int:entry_id>/", guarded(entries.entry, VIEW), name="entry"),
    path("balances/", guarded(entries.balances, VIEW), name="balances"),
    path(
        "balance-changes/",
        guarded(reports.balance_changes, VIEW),
        name="balance_changes",
    ),
    path("days/", guarded(days.days, VIEW), name="days"),
    path("continuity/", guarded(days.overview, VIEW), name="continuity"),
    path(
        "continuity/<int:account_id>/", guarded(days.account_month, VIEW), name="continuity_account"
    ),
    path("completeness/", guarded(completeness.overview, VIEW), name="completeness"),
    path(
        "completeness/<int:account_id>/",
        guarded(completeness.account, VIEW),
        name="completeness_account",
    ),
    path("receipts/", guarded(receipts.receipts, VIEW), name="receipts"),
    path("receipts/pack/", guarded(receipts.receipt_pack, READ), name="receipt_pack"),
    path("receipts/<int:receipt_id>/", guarded(receipts.receipt, VIEW), name="receipt"),
    path(
        "receipts/<int:receipt_id>/file/", guarded(receipts.receipt_file, READ), name="receipt_file"
    ),
    path(
        "receipts/<int:receipt_id>/print/",
        guarded(receipts.receipt_print, READ),
        name="receipt_print",
    ),
    path("import/", guarded(files.upload, IMPORT), name="import"),
    path("import/<int:file_id>/", guarded(files.preview, IMPORT), name="import_preview"),
    path("import/<int:file_id>/mapping/", guarded(files.mapping, IMPORT), name="import_mapping"),
    path(
        "import/<int:file_id>/<slug:act>/",
        guarded_by(files.act, "act", FILE_ACTS),
        name="import_act",
    ),
]
