"""The exception centre: what waits for a person, who looks after it, what the system does next, and what one may do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from audit import selectors as audit
from audit.words import words_of as event_words
from desk import casework, selectors
from desk.filters import ChoiceFilter, DateRangeFilter, TextFilter
from desk.formats import UNKNOWN_FIGURE, time_text
from desk.guides import NOTHING, Guide, guides_for
from desk.models import CaseNote, ExceptionCase
from desk.pages import ListPage, Slice, render_list
from desk.rows import Column, Row
from desk.runbook import RUNBOOK, SECTIONS, entry_of
from desk.words import CASE_KINDS, case_kind, said
from kernel import clock
from kernel.errors import DomainError, NotAllowed, NotFound
from kernel.scope import Scope

SEVERITIES = {
    ExceptionCase.Severity.CRITICAL.value: _("紧急"),
    ExceptionCase.Severity.HIGH.value: _("重要"),
    ExceptionCase.Severity.NORMAL.value: _("一般"),
}
SEVERITY_TONES = {"critical": "bad", "high": "you", "normal": "busy"}
NOTE_ACTS = {
    CaseNote.Act.TAKEN.value: _("接手"),
    CaseNote.Act.GIVEN_BACK.value: _("退回待领"),
    CaseNote.Act.REMARK.value: _("处理记录"),
    CaseNote.Act.CLOSED.value: _("手工关闭"),
}


def age_text(since: datetime, until: datetime) -> str:
    """How long something has waited: minutes, hours, days."""
    minutes = max(int((until - since).total_seconds()) // 60, 0)
    if minutes < 60:
        return _now("%(n)s 分钟") % {"n": minutes}
    if minutes < 48 * 60:
        return _now("%(h)s 小时 %(m)s 分") % {"h": minutes // 60, "m": minutes % 60}
    return _now("%(d)s 天 %(h)s 小时") % {"d": minutes // 1440, "h": minutes % 1440 // 60}


def _age(row: Row) -> str:
    return age_text(row["opened_at"], row["closed_at"] or clock.now())


def _next(guide: Guide) -> str:
    if not guide.next_text:
        return ""
    when = f"{time_text(guide.next_at)} " if guide.next_at else ""
    return f"{when}{guide.next_text}"


def _case_link(row: Row) -> str:
    return reverse("desk:case", args=[row["pk"]])


@dataclass(frozen=True)
class StateFilter(ChoiceFilter):
    """Open cases unless told otherwise."""

    def apply(self, rows: QuerySet[Any], given: Mapping[str, str]) -> QuerySet[Any]:
        """`closed`: those that ended; `all`: both."""
        chosen = given.get(self.name, "")
        if chosen == "all":
            return rows
        return rows.filter(closed_at__isnull=chosen != "closed")


@dataclass(frozen=True)
class OwnerFilter(ChoiceFilter):
    """Mine, nobody's, somebody's; who `mine` is stands in the value, for a filter knows no viewer."""

    def condition_of(self, value: str) -> Q:
        """What a row must meet."""
        if value == "nobody":
            return Q(owner__isnull=True)
        return Q(owner_id=int(value)) if value.isdigit() else Q(owner__isnull=False)

    def apply(self, rows: QuerySet[Any], given: Mapping[str, str]) -> QuerySet[Any]:
        """Rows of that owner."""
        value = given.get(self.name, "")
        return rows.filter(self.condition_of(value)) if value else rows


class CasesPage(ListPage):
    """What waits for a person, newest first."""

    key = "desk.cases"
    title = _("异常中心")
    caption = _(
        "暂挂、未知、失败、退票、存疑、差异等需要人处理的事项；事实了结时自动关闭，全程留痕。"
    )
    order = "-opened_at"
    needs = ("subject_kind", "subject_id", "closed_at")
    empty_title = _("当前没有待处理的异常")
    empty_hint = _("系统发现异常时会在此列出原因与下一步。")
    columns = (
        Column(
            "severity",
            _("级别"),
            value=lambda row: SEVERITIES.get(row["severity"], ""),
            needs=("severity",),
        ),
        Column("title", _("事项"), link=_case_link, note="reason", is_key=True),
        Column("kind", _("类别"), value=lambda row: case_kind(row["kind"]), needs=("kind",)),
        Column(
            "subject",
            _("单据"),
            kind="code",
            value=lambda row: row["guide"].label,
            link=lambda row: row["guide"].url,
        ),
        Column("amount", _("金额"), value=lambda row: row["guide"].amount),
        Column("owner__display_name", _("处理人")),
        Column("age", _("已历时"), value=_age),
        Column("automatic", _("系统下一步"), value=lambda row: _next(row["guide"])),
        Column("next_step", _("请处理")),
        Column("opened_at", _("发现时间"), kind="datetime", sort="opened_at"),
    )
    filters = (
        StateFilter(
            "state",
            _("状态"),
            choices=(("", _("待处理")), ("closed", _("已关闭")), ("all", _("全部"))),
        ),
        ChoiceFilter("severity", _("级别"), choices=tuple(SEVERITIES.items())),
        ChoiceFilter("kind", _("类别"), choices=lambda _scope: tuple(CASE_KINDS.items())),
        OwnerFilter(
            "owner",
            _("处理人"),
            choices=lambda scope: (
                (str(scope.actor_id or 0), _("我")),
                ("nobody", _("无人处理")),
                ("somebody", _("有人处理")),
            ),
        ),
        DateRangeFilter("opened", _("发现日期"), field="opened_at", moments=True),
        TextFilter("q", _("搜索"), fields=("title", "reason")),
    )

    def base(self, scope: Scope) -> QuerySet[Any]:
        """Cases of the viewer's companies, open and closed."""
        return selectors.visible_cases(scope)

    def slice(self) -> Slice:
        """The page, each row with the guide of its subject."""
        piece = super().slice()
        found = guides_for(piece.rows, scope=self.scope)
        for row in piece.rows:
            row["guide"] = found.get(row["pk"], NOTHING)
        return piece

    def row_url(self, row: Row) -> str:
        """The case's page."""
        return _case_link(row)


def _scope(request: HttpRequest) -> Scope:
    scope: Scope = request.scope  # type: ignore[attr-defined]  # set by the scope middleware
    return scope


@require_GET
def cases(request: HttpRequest) -> HttpResponseBase:
    """Exception centre."""
    return render_list(request, CasesPage, "desk/cases.html")


@require_GET
def case(request: HttpRequest, case_id: int) -> HttpResponse:
    """One case: what, why, since when, who looks after it, what comes next, what was done."""
    scope = _scope(request)
    found = selectors.case_of(case_id=case_id, scope=scope)
    told = {
        "pk": found.pk,
        "subject_kind": found.subject_kind,
        "subject_id": found.subject_id,
    }
    guide = guides_for([told], scope=scope).get(found.pk, NOTHING)
    is_open = found.closed_at is None
    may_work = is_open and scope.has("cases.work", found.company_id)
    context = {
        "case": found,
        "kind": case_kind(found.kind),
        "severity": SEVERITIES.get(found.severity, found.severity),
        "tone": SEVERITY_TONES.get(found.severity, "busy"),
        "age": age_text(found.opened_at, found.closed_at or clock.now()),
        "guide": guide,
        "manual": entry_of(found.kind),
        "automatic": _next(guide) or UNKNOWN_FIGURE,
        "notes": [(note, NOTE_ACTS[note.act]) for note in selectors.notes_of(found)],
        "trail": [
            (entry, event_words(entry.event))
            for entry in audit.history(found.subject_kind, found.subject_id, scope=scope)[:50]
        ],
        "may_take": may_work and found.owner_id != request.user.pk,
        "may_give_back": may_work and found.owner_id == request.user.pk,
        "may_note": may_work,
        "may_close": may_work and found.is_closable,
    }
    return render(request, "desk/case.html", context)


@require_GET
def runbook(request: HttpRequest) -> HttpResponse:
    """What every kind of case means and what to do about it, by section; each kind has its anchor."""
    chapters = [
        (
            title,
            [
                (kind, case_kind(kind), one)
                for kind, one in RUNBOOK.items()
                if kind.startswith(begins)
            ],
        )
        for title, begins in SECTIONS
    ]
    return render(request, "desk/runbook.html", {"chapters": chapters})


@require_POST
def act(request: HttpRequest, case_id: int) -> HttpResponse:
    """Take, give back, note or close; then the case's page again."""
    scope, actor = _scope(request), request.user
    text = request.POST.get("text", "")
    did = request.POST.get("do", "")
    try:
        if did == "take":
            casework.take_case(case_id=case_id, actor=actor, scope=scope)
        elif did == "give_back":
            casework.give_back(case_id=case_id, text=text, actor=actor, scope=scope)
        elif did == "close":
            casework.close_by_hand(case_id=case_id, text=text, actor=actor, scope=scope)
        else:
            casework.add_note(case_id=case_id, text=text, actor=actor, scope=scope)
    except (NotFound, NotAllowed):
        raise
    except DomainError as error:
        messages.error(request, said(error))
    else:
        messages.success(request, _now("已记录"))
    return HttpResponseRedirect(reverse("desk:case", args=[case_id]))
