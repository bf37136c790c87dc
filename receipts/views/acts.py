"""Acts on many notices: claimed, reviewed, booked; and the page of what a booking gave."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _now
from django.views.decorators.http import require_POST, require_safe

from desk.pages import picked_ids
from desk.viewing import scope_in
from desk.words import said
from kernel.errors import DomainError
from receipts import selectors
from receipts.services import booking, previewing, reviewing, supplementing
from receipts.views.common import person


@require_POST
def claim_many(request: HttpRequest) -> HttpResponse:
    """Take the ticked notices; those somebody else was faster with are named."""
    done, refused = 0, []
    for notice_id in picked_ids(request.POST):
        try:
            supplementing.claim(notice_id=notice_id, actor=person(request))
            done += 1
        except DomainError as error:
            refused.append(said(error))
    messages.success(request, _now("已认领 %(count)s 笔") % {"count": done})
    for words in dict.fromkeys(refused):
        messages.error(request, words)
    return redirect("receipts:to_supplement")


@require_POST
def approve_many(request: HttpRequest) -> HttpResponse:
    """Take the ticked supplements, each on its own."""
    items = [
        (row.pk, row.version)
        for row in selectors.visible_notices(scope_in(request)).filter(
            pk__in=picked_ids(request.POST)
        )
    ]
    done = reviewing.approve_many(items=items, actor=person(request))
    messages.success(request, _now("复核通过 %(count)s 笔") % {"count": done.approved})
    for words in dict.fromkeys(said(error) for _pk, error in done.refused):
        messages.error(request, words)
    return redirect("receipts:to_review")


@require_POST
def book(request: HttpRequest) -> HttpResponse:
    """Book the ticked receipts; the page of the run says row by row what became of them."""
    run = booking.book(notice_ids=picked_ids(request.POST), actor=person(request))
    return redirect("receipts:booking", run.pk)


@require_POST
def book_preview(request: HttpRequest) -> HttpResponse:
    """The vouchers the ticked receipts would give; nothing is booked."""
    ids = picked_ids(request.POST)
    told = previewing.preview(notice_ids=ids, actor=person(request))
    context = {"preview": told, "ids": ",".join(str(one) for one in ids)}
    return render(request, "receipts/booking_preview.html", context)


@require_safe
def booking_page(request: HttpRequest, booking_id: int) -> HttpResponse:
    """One act of booking, row by row, what is wrong first."""
    run = selectors.get_booking(booking_id, scope=scope_in(request))
    lines = run.lines.select_related("notice", "notice__customer").order_by("voucher_id", "pk")
    rows = sorted(lines, key=lambda one: (one.voucher_id is not None, one.pk))
    return render(request, "receipts/booking.html", {"run": run, "lines": rows})
