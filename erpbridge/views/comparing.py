"""财务系统对账: what both sides hold, compared a day at a time; what differs, why, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from desk.pages import render_list
from desk.viewing import acted, scope_in
from desk.words import said
from erpbridge import comparison_pages as pages
from erpbridge import selectors
from erpbridge.differing import WORDS
from erpbridge.models import Comparison
from erpbridge.services import comparing
from kernel.errors import DomainError, NotAllowed, NotFound

if TYPE_CHECKING:
    from masterdata.models import User

SHOWN = 100


def _person(request: HttpRequest) -> User:
    return cast("User", request.user)


@require_safe
def comparisons(request: HttpRequest) -> HttpResponseBase:
    """A comparison a system, company and day."""
    return render_list(request, pages.ComparisonsPage, "erpbridge/comparisons.html")


@require_safe
def differences(request: HttpRequest) -> HttpResponseBase:
    """What they found, a row a difference, to be filtered and exported."""
    return render_list(request, pages.DifferencesPage)


@require_safe
def comparison(request: HttpRequest, comparison_id: int) -> HttpResponse:
    """One comparison: counts, what differs by kind, and each difference with both sides."""
    scope = scope_in(request)
    row = selectors.get_comparison(comparison_id, scope=scope)
    kinds = sorted(selectors.kinds_found(row), key=lambda one: not WORDS[one[0]].is_grave)
    context = {
        "comparison": row,
        "kinds": [(WORDS[code], count) for code, count in kinds],
        "found": _shown(row),
        "more": max(row.differences - SHOWN, 0),
        "newer": selectors.newer_comparison(row),
        "may_act": scope.has(comparing.RIGHT, row.company_id),
        "may_tell": any(WORDS[code].is_told_again for code, _count in kinds),
    }
    return render(request, "erpbridge/comparison.html", context)


def _shown(row: Comparison) -> list[dict[str, Any]]:
    found = row.found.order_by("code", "document", "pk")[:SHOWN]
    return [
        {
            "row": one,
            "title": WORDS[one.code].title,
            "is_grave": WORDS[one.code].is_grave,
            "document": pages.document_words(one.document),
            "their_state": pages.END_WORDS.get(one.their_state, one.their_state),
            "bank": pages.BANK_WORDS.get(one.bank, one.bank),
            "url": pages.subject_url(one.code, one.subject_id, one.number),
        }
        for one in found
    ]


@require_POST
def comparison_again(request: HttpRequest, comparison_id: int) -> HttpResponse:
    """The same once more, with the newest list."""
    try:
        made = comparing.compare_again(comparison_id=comparison_id, actor=_person(request))
    except (NotFound, NotAllowed):
        raise
    except DomainError as refusal:
        messages.error(request, said(refusal))
        return redirect("erpbridge:comparison", comparison_id)
    words = _("已比对：%(n)s 处不一致") % {"n": made.differences}
    (messages.warning if made.differences else messages.success)(request, words)
    return redirect("erpbridge:comparison", made.pk)


@require_POST
def comparison_tell(request: HttpRequest, comparison_id: int) -> HttpResponse:
    """Tell the other side once more what it lacks."""
    acted(
        request,
        lambda: comparing.tell_again(
            comparison_id=comparison_id, actor=_person(request), why=request.POST.get("why", "")
        ),
        done=_("已安排重新告知，消息号不变；对方登记后再次比对"),
    )
    return redirect("erpbridge:comparison", comparison_id)
