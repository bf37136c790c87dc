"""Pages of examiners: the trail, one entry, and the check of the whole chain."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from audit import anchoring, row_verifying, selectors, verifying
from audit.words import events_saying, words_of
from desk.filters import ChoiceFilter, DateRangeFilter, TextFilter
from desk.pages import ListPage, render_list
from desk.rows import Column, Row
from desk.subjects import KIND_CHOICES, SubjectFilter, name_subjects
from kernel.errors import NotFound
from kernel.scope import Scope
from yqlink import reading
from yqlink.workspace.row_history import RowHistoryPage

if TYPE_CHECKING:
    from audit.models import Entry

BREAKS_MAX = 200
READS = (reading.PAGE, reading.CARD)


class EventFilter(TextFilter):
    """Finds an event by its code or by the words the list shows."""

    def condition(self, value: str) -> Q:
        """Part of either."""
        return Q(event__icontains=value[:100]) | Q(event__in=events_saying(value))


def _link(row: Row) -> str:
    return reverse("audit:entry", args=[row["pk"]])


def _why(row: Row) -> str:
    """The reason of an act; of a reading the page, and the card numbers it showed, masked."""
    told = row["after"] if row["event"] in READS else {}
    cards = "、".join(told.get("cards", ())[:3])
    return row["why"] or " ".join(filter(None, (told.get("path"), cards)))


class _ReadsFilter(ChoiceFilter):
    """Acts unless told otherwise: what examiners opened would bury them."""

    def apply(self, rows: QuerySet[Any], given: Mapping[str, str]) -> QuerySet[Any]:
        """`reads`: who read what; `all`: both."""
        chosen = given.get(self.name, "")
        if chosen == "all":
            return rows
        return rows.filter(event__in=READS) if chosen == "reads" else rows.exclude(event__in=READS)


class TrailPage(ListPage):
    """Who did what to which object, and why."""

    key, title = "audit.trail", _("操作轨迹")
    caption = _("只增不改的记录，逐条以摘要链接；任何改动、删除或插入都会在校验时暴露。")
    order = "-at"
    columns = (
        Column("at", _("时间"), kind="datetime", sort="at", link=_link),
        Column("words", _("事件"), value=lambda row: words_of(row["event"]), needs=("event",)),
        Column("event", _("代码"), kind="code"),
        Column("actor_name", _("操作人")),
        Column(
            "subject",
            _("对象"),
            value=lambda row: row["subject_words"],
            needs=("subject_kind", "subject_id"),
        ),
        Column("why", _("原因 / 所查页面"), value=_why, needs=("why", "after")),
        Column("origin", _("来源")),
        Column("link__seq", _("链号"), kind="number"),
    )
    export_columns = (
        Column("content_digest", _("内容摘要"), kind="code"),
        Column("link__digest", _("链摘要"), kind="code"),
    )
    filters = (
        _ReadsFilter(
            "reads",
            _("内容"),
            choices=(("", _("操作")), ("reads", _("查阅记录")), ("all", _("全部"))),
        ),
        TextFilter("actor", _("操作人"), fields=("actor_name",)),
        EventFilter("event", _("事件")),
        ChoiceFilter("kind", _("对象类型"), field="subject_kind", choices=KIND_CHOICES),
        SubjectFilter("subject", _("对象编号")),
        DateRangeFilter("day", _("日期"), "at", moments=True),
    )
    empty_title = _("没有符合条件的记录")

    def base(self, scope: Scope) -> QuerySet[Entry]:
        """Entries the examiner may read."""
        return selectors.visible_entries(scope.within("audit.read"))

    def enrich(self, rows: list[dict[str, Any]]) -> None:
        """What each entry is about, by its business number."""
        name_subjects(rows)

    def row_url(self, row: Row) -> str:
        """The entry's page."""
        return _link(row)


def _scope(request: HttpRequest) -> Scope:
    return request.scope  # type: ignore[attr-defined,no-any-return]  # set by the scope middleware


@require_safe
def trail(request: HttpRequest) -> HttpResponseBase:
    """The trail, newest first."""
    return render_list(request, TrailPage, "audit/trail.html")


@require_safe
def rows(request: HttpRequest) -> HttpResponseBase:
    """What became of one object's rows, newest change first."""
    return render_list(request, RowHistoryPage)


def _changes(entry: Entry) -> list[dict[str, Any]]:
    """Each field with its value before and after; what changed is marked."""
    names = sorted({*entry.before, *entry.after})

    def shown(value: Any) -> str:
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

    return [
        {
            "name": name,
            "before": shown(entry.before[name]) if name in entry.before else "",
            "after": shown(entry.after[name]) if name in entry.after else "",
            "is_changed": entry.before.get(name) != entry.after.get(name),
        }
        for name in names
    ]


@require_safe
def entry_page(request: HttpRequest, entry_id: int) -> HttpResponse:
    """One entry with its link in the chain, and the whole story of its object."""
    scope = _scope(request).within("audit.read")
    entry = selectors.visible_entries(scope).select_related("link").filter(pk=entry_id).first()
    if entry is None:
        raise NotFound("audit entry")
    story = [
        (one, words_of(one.event))
        for one in selectors.history(entry.subject_kind, entry.subject_id, scope=scope)[:200]
    ]
    named: dict[str, Any] = {"subject_kind": entry.subject_kind, "subject_id": entry.subject_id}
    name_subjects([named])
    context = {
        "entry": entry,
        "words": words_of(entry.event),
        "subject": named["subject_words"],
        "link": getattr(entry, "link", None),
        "changes": _changes(entry),
        "story": story,
    }
    return render(request, "audit/entry.html", context)


@require_http_methods(["GET", "POST"])
def verify(request: HttpRequest) -> HttpResponse:
    """The check of the whole chain, run when asked for."""
    _scope(request).demand("audit.read")
    context: dict[str, Any] = {}
    if request.method == "POST":
        breaks = [
            *verifying.verify_chain(),
            *anchoring.verify_anchors(),
            *row_verifying.verify_rows(),
        ]
        context = {"is_checked": True, "breaks": breaks[:BREAKS_MAX], "count": len(breaks)}
    context["last"] = selectors.last_link()
    return render(request, "audit/verify.html", context)
