"""Settings that are versioned and dated: what is in force, the history of a line, and the proposal of a version."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from desk.viewing import scope_in
from desk.words import said
from kernel import clock
from kernel.dated import in_force, spans
from kernel.errors import DomainError, NotAllowed, NotFound
from kernel.scope import Scope
from masterdata import selectors
from masterdata.models import StagedChange
from masterdata.rule_forms import RuleForm, initial_of
from masterdata.services import dated
from masterdata.services.dated import PROPOSE, Kind, Proposal, Usage
from masterdata.services.strategy import StrategyKind
from masterdata.typed import AMOUNT, WHOLE, Values
from masterdata.wording import said_of, text_of

LIVE, COMING, OVER = "live", "coming", "over"
WIDE = 7  # a table with so many columns leaves the source to the page of the line


@dataclass(frozen=True)
class Cell:
    """One cell of the table."""

    text: str
    is_number: bool = False


@dataclass
class Line:
    """One line as the table shows it: the version in force, or the next one where none is yet."""

    row: Any
    cells: list[Cell]
    state: str
    said: list[tuple[str, str]] = field(default_factory=list)
    usage: Usage | None = None
    following: Any = None
    pending: StagedChange | None = None


def values_of(kind: Kind, row: Any) -> Values:
    """What a row says, typed."""
    return kind.values.read(kind.raw(row))


def visible(kind: Kind, scope: Scope) -> list[Any]:
    """Every version the viewer may see: the group's and those of the viewer's companies."""
    seen = {None, *scope.company_ids}
    rows = list(kind.rows().order_by("line", "number"))
    return [row for row in rows if kind.company_of(values_of(kind, row)) in seen]


def _cells(kind: Kind, values: Values, known: dict[tuple[str, Any], str]) -> list[Cell]:
    """The cells of a row; `known` are the words found so far, for a company or account occurs in many rows."""
    specs, cells = values.specs(), []
    for name in kind.columns:
        key = (name, getattr(values, name))
        if key not in known:
            known[key] = text_of(specs[name], key[1])
        cells.append(Cell(known[key], specs[name].kind in (AMOUNT, WHOLE)))
    return cells


def _differing(kind: Kind, values: Values) -> list[tuple[str, str]]:
    """The fields without a column that say something else than the built-in default."""
    plain = type(values)()
    names = [name for name in values.specs() if name not in kind.columns]
    return said_of(values, [n for n in names if getattr(values, n) != getattr(plain, n)])


def _present(versions: Sequence[Any], day: date) -> tuple[Any | None, Any | None, Any | None]:
    """The version in force on `day`, the one to show (that, or the next one), and the one that follows it."""
    now = next(iter(in_force(versions, day)), None)
    coming = [one for one in spans(versions) if one.first > day]
    row = now or (coming[0].version if coming else None)
    following = next((one for one in coming if one.version is not row), None)
    return now, row, following


def table(kind: Kind, scope: Scope, day: date, *, with_over: bool = False) -> list[Line]:
    """The lines in force on `day` or later, with what is used of them and the change that waits; over ones where asked."""
    by_line: dict[int, list[Any]] = {}
    for row in visible(kind, scope):
        by_line.setdefault(row.line, []).append(row)
    lines: list[Line] = []
    known: dict[tuple[str, Any], str] = {}
    for versions in by_line.values():
        now, row, following = _present(versions, day)
        state = OVER if row is None else COMING if now is None else LIVE
        if row is None and with_over:
            row = versions[-1]
        if row is not None:
            values = values_of(kind, row)
            cells, told = _cells(kind, values, known), _differing(kind, values)
            lines.append(Line(row, cells, state, told, following=following))
    usage = kind.usage([line.row for line in lines], day)
    waiting = {change.subject_id: change for change in _pending(kind, scope)}
    for line in lines:
        line.usage = usage.get(line.row.pk)
        line.pending = waiting.get(str(line.row.line))
    return lines


def _pending(kind: Kind, scope: Scope) -> list[StagedChange]:
    changes = selectors.visible_changes(scope)
    return list(changes.filter(kind=kind.name, state=StagedChange.State.PROPOSED))


def _day(request: HttpRequest) -> date:
    try:
        return date.fromisoformat(request.GET.get("on", ""))
    except ValueError:
        return clock.today()


@require_safe
def lines(request: HttpRequest, kind: str) -> HttpResponse:
    """What is in force on a day, what comes, and what waits for the second person."""
    scope, found, day = scope_in(request), dated.kind_named(kind), _day(request)
    specs = found.values.specs()
    with_over = request.GET.get("over") == "1"
    rows = table(found, scope, day, with_over=with_over)
    shown = {str(one.row.line) for one in rows}
    context = {
        "kind": found,
        "day": day,
        "is_today": day == clock.today(),
        "with_over": with_over,
        "heads": [
            Cell(str(specs[n].label), specs[n].kind in (AMOUNT, WHOLE)) for n in found.columns
        ],
        "has_more": len(found.columns) < len(specs),
        "has_source": len(found.columns) < WIDE,
        "defaults": _defaults(found),
        "lines": rows,
        "has_usage": any(line.usage for line in rows),
        "pending": [one for one in _pending(found, scope) if one.subject_id not in shown],
        "can_propose": scope.has(PROPOSE),
        "links": [(str(label), reverse(name)) for label, name in found.links],
    }
    return render(request, "masterdata/rules.html", context)


def _defaults(kind: Kind) -> list[tuple[str, str]]:
    """What rules where nobody decided anything: a topic's built-in values."""
    if not isinstance(kind, StrategyKind) or kind.topic.merges:
        return []
    return said_of(kind.topic(), list(kind.topic.specs()))


@require_safe
def strategy(request: HttpRequest) -> HttpResponse:
    """Every topic of the strategy, how many lines it has and what waits."""
    scope, today = scope_in(request), clock.today()
    topics = []
    for kind in dated.kinds().values():
        if isinstance(kind, StrategyKind) and kind.topic.keyed_by != "bank":
            rows = in_force(kind.rows(), today)
            seen = {row.pk for row in visible(kind, scope)}
            topics.append((kind, sum(row.pk in seen for row in rows), len(_pending(kind, scope))))
    return render(request, "masterdata/strategy.html", {"topics": topics})


def _shown(kind: Kind, rows: Sequence[Any]) -> Values:
    """What a line says today; what it will say where it has not begun, what it said last where it is over."""
    _now, row, _following = _present(rows, clock.today())
    return values_of(kind, row or rows[-1])


def _history(kind: Kind, line: int, scope: Scope) -> list[Any]:
    found = [row for row in visible(kind, scope) if row.line == line]
    if not found:
        raise NotFound("line of settings")
    return found


@dataclass(frozen=True)
class Version:
    """One version of a line: when it was or is in force, what it changed, who decided it."""

    row: Any
    state: str
    spans: list[Any]
    changed: list[tuple[str, str, str]]
    change: StagedChange | None

    @property
    def is_first(self) -> bool:
        """Whether the line began with it."""
        return bool(self.row.number == 1)


def _versions(kind: Kind, rows: Sequence[Any], scope: Scope) -> list[Version]:
    today, told = clock.today(), spans(rows)
    changes = selectors.visible_changes(scope).in_bulk(
        [row.change_id for row in rows if row.change_id]
    )
    found = []
    before: Values | None = None
    for row in rows:
        values, mine = values_of(kind, row), [one for one in told if one.version is row]
        live = any(one.meets(today, today) for one in mine)
        coming = any(one.first > today for one in mine)
        state = LIVE if live else COMING if coming else OVER
        found.append(
            Version(row, state, mine, differences(before, values), changes.get(row.change_id))
        )
        before = values
    return found[::-1]


def differences(before: Values | None, after: Values) -> list[tuple[str, str, str]]:
    """Label, before and after of every field that differs; all fields of a first version."""
    specs = after.specs()
    return [
        (
            str(spec.label),
            "—" if before is None else text_of(spec, getattr(before, name)),
            text_of(spec, getattr(after, name)),
        )
        for name, spec in specs.items()
        if before is None or getattr(before, name) != getattr(after, name)
    ]


@require_safe
def line(request: HttpRequest, kind: str, line: int) -> HttpResponse:
    """The history of one line, newest first."""
    scope, found = scope_in(request), dated.kind_named(kind)
    rows = _history(found, line, scope)
    values = _shown(found, rows)
    pending = [one for one in _pending(found, scope) if one.subject_id == str(line)]
    context = {
        "kind": found,
        "line": line,
        "headline": found.headline(values),
        "versions": _versions(found, rows, scope),
        "pending": pending[0] if pending else None,
        "can_propose": dated.may_propose(scope, found.company_of(values)) and not pending,
        "is_live": any(one.is_withdrawn is False for one in in_force(rows, clock.today())),
    }
    return render(request, "masterdata/rule.html", context)


@require_http_methods(["GET", "POST"])
def propose(
    request: HttpRequest, kind: str, line: int | None = None, withdraw: bool = False
) -> HttpResponse:
    """Propose a new line, a version of one, or its withdrawal."""
    scope, found = scope_in(request), dated.kind_named(kind)
    scope.demand(PROPOSE)
    shown = _shown(found, _history(found, line, scope)) if line is not None else None
    if shown is None:
        initial = initial_of(found.values()) | _wanted(request, found)
    else:
        initial = initial_of(shown, start=clock.today())
    form = RuleForm(request.POST or None, kind=found, scope=scope, line=line, initial=initial)
    if withdraw:
        form.keep_only_dates()
    if request.method == "POST" and form.is_valid():
        try:
            change = dated.propose(
                kind_name=found.name,
                proposal=_proposal(form, line, withdraw),
                actor=request.user,  # type: ignore[arg-type]  # signed in
            )
        except (NotFound, NotAllowed):
            raise
        except DomainError as error:
            form.add_error(form.place_of(error.field), said(error))
        else:
            return redirect("masterdata:change", change.pk)
    verb = _("撤销") if withdraw else _("修改") if shown is not None else _("新增")
    context = {
        "form": form,
        "title": f"{found.title} · {verb}",
        "kind": found,
        "headline": found.headline(shown) if shown is not None else "",
        "withdraw": withdraw,
        "back": reverse("masterdata:rule", args=[kind, line])
        if line is not None
        else reverse("masterdata:rules", args=[kind]),
    }
    return render(
        request, "masterdata/rule_form.html", context, status=422 if form.is_bound else 200
    )


def _wanted(request: HttpRequest, kind: Kind) -> dict[str, str]:
    """Key fields an address asks for, such as the company and subject a held payment names."""
    return {name: request.GET[name] for name in kind.keys if request.GET.get(name)}


def _proposal(form: RuleForm, line: int | None, withdraw: bool) -> Proposal:
    given = form.cleaned_data
    return Proposal(
        values=form.values(),
        valid_from=given["valid_from"],
        valid_to=given.get("valid_to"),
        source_note=given["source_note"],
        line=line,
        is_withdrawn=withdraw,
    )
