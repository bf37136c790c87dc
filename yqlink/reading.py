"""Who read what: every page an examiner opens, and every bank card number anybody sees in full, stand in the trail.

What cannot be written down is not shown: the record is made before the answer leaves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse

from audit import selectors as trail
from audit.services import Fact, record_many
from desk import reading
from desk.formats import masked_account
from masterdata.services.sessions import session_of
from yqlink.scope import POLL_HEADER

PAGE, CARD = "audit.page.read", "masterdata.card_number.read"
CARDS_MAX = 200  # named in one entry; it counts them all
_TEXT_MAX = 500


class ReadingMiddleware:
    """Stands inside the gate: what it sees was answered to somebody who may have it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with reading.noting() as cards:
            response = self.get_response(request)
        reader: Any = getattr(request, "user", None)
        if response.status_code == 200 and reader is not None and reader.is_authenticated:
            _write(request, reader, cards)
        return response


def _examines(request: HttpRequest, reader: Any) -> bool:
    """Whether this is an examiner reading; a system examines nothing."""
    if request.method != "GET" or reader.pk is None:
        return False
    return bool(request.scope.has("audit.read"))  # type: ignore[attr-defined]  # the house's own attribute


def _write(request: HttpRequest, reader: Any, cards: Iterable[str]) -> None:
    shown = [masked_account(number) for number in cards]
    examines = _examines(request, reader)
    if not (examines or shown):
        return
    where = {"path": request.path[:_TEXT_MAX]}
    # An element that refreshes itself reads nothing anew; that it does is the browser's word, that the page was read is ours.
    client, key = getattr(reader, "client", None), request.session.session_key or ""
    subject = client or session_of(reader, key=key)
    if examines and POLL_HEADER in request.headers:
        examines = not trail.was_told(PAGE, subject, **where)
    if query := request.META.get("QUERY_STRING", ""):
        where["query"] = query[:_TEXT_MAX]
    facts = [Fact(PAGE, subject, after=where)] if examines else []
    if shown:
        facts.append(
            Fact(CARD, subject, after=where | {"cards": shown[:CARDS_MAX], "count": len(shown)})
        )
    if facts:
        with transaction.atomic():
            record_many(facts, actor=reader)
