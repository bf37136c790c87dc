"""Addresses of the app's pages."""

from __future__ import annotations

from django.urls import URLPattern, path

from kernel.access import guarded, guarded_by
from receipts.views import acts, ageing, arranging, lists, notice, payers, receivables

app_name = "receipts"
_VIEW, _SUPPLEMENT, _REVIEW, _BOOK = (
    *("receipts.view", "receipts.supplement", "receipts.review", "receipts.book"),
)
_ARRANGE, _DECIDE = "receipts.arrange", "receipts.arrange_decide"


def _list(address: str, name: str, right: str = _VIEW) -> URLPattern:
    return path(address, guarded(lists.show, right), {"name": name}, name=name)


urlpatterns: list[URLPattern] = [
    _list("inbox/", "inbox"),
    _list("supplement/", "to_supplement", _SUPPLEMENT),
    _list("review/", "to_review", _REVIEW),
    _list("booking/", "to_book", _BOOK),
    _list("unconfirmed/", "unconfirmed"),
    _list("report/", "report"),
    _list("bookings/", "bookings"),
    path("supplement/claim/", guarded(acts.claim_many, _SUPPLEMENT), name="claim_many"),
    path("review/approve/", guarded(acts.approve_many, _REVIEW), name="approve_many"),
    path("booking/book/", guarded(acts.book, _BOOK), name="book"),
    path("booking/preview/", guarded(acts.book_preview, _BOOK), name="book_preview"),
    path("bookings/<int:booking_id>/", guarded(acts.booking_page, _VIEW), name="booking"),
    path("notices/<str:notice_no>/", guarded(notice.show, _VIEW), name="notice"),
    path(
        "notices/<str:notice_no>/supplement/",
        guarded(notice.supplement, _SUPPLEMENT),
        name="supplement",
    ),
    path("notices/<str:notice_no>/refund/", guarded(notice.refund, "payments.make"), name="refund"),
    path(
        "notices/<str:notice_no>/<slug:name>/",
        guarded_by(notice.act, "name", notice.ACT_RIGHTS),
        name="act",
    ),
    path("payers/", guarded(payers.payer_list, _VIEW), name="payers"),
    path("payers/new/", guarded(payers.payer_new, _REVIEW), name="payer_new"),
    path("payers/<int:key_id>/", guarded(payers.payer, _VIEW), name="payer"),
    path("payers/<int:key_id>/revoke/", guarded(payers.payer_revoke, _REVIEW), name="payer_revoke"),
    path("payers/<int:key_id>/proof/", guarded(payers.payer_proof, _VIEW), name="payer_proof"),
    path("receivables/", guarded(receivables.show, _VIEW), name="receivables"),
    path("receivables/new/", guarded(receivables.upload, _BOOK), name="receivables_upload"),
    path(
        "receivables/files/<int:file_id>/",
        guarded(receivables.preview, _BOOK),
        name="receivables_file",
    ),
    path("ageing/", guarded(ageing.show, _VIEW), name="ageing"),
    path("offices/", guarded(arranging.office_list, _VIEW), name="offices"),
    path("offices/new/", guarded(arranging.office_form, _ARRANGE), name="office_new"),
    path("offices/<int:office_id>/", guarded(arranging.office_form, _VIEW), name="office_edit"),
    path("schedules/", guarded(arranging.schedule_list, _VIEW), name="schedules"),
    path("schedules/new/", guarded(arranging.schedule_form, _ARRANGE), name="schedule_new"),
    path(
        "schedules/<int:schedule_id>/",
        guarded(arranging.schedule_form, _VIEW),
        name="schedule_edit",
    ),
    path("runs/", guarded(arranging.run_list, _VIEW), name="runs"),
    path("arranged/<int:change_id>/", guarded(arranging.decide, _DECIDE), name="decide"),
]
