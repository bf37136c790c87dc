"""Templates, months, and the second person's desk for both."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from desk.pages import render_list
from desk.viewing import acted, scope_in
from desk.words import said
from kernel import clock
from kernel.errors import DomainError, NotAllowed, NotFound
from ledger import selectors
from ledger.examples import example_of
from ledger.forms import LINES, LineFormSet, TemplateForm
from ledger.models import VoucherTemplate
from ledger.pages import PeriodsPage, TemplatesPage, company_choices, event_title
from ledger.rules import EVENTS, Template, TemplateLine, template_of
from ledger.services import decisions, templates
from ledger.services.templates import TemplateDraft
from masterdata import selectors as masterdata


def template_list(request: HttpRequest) -> HttpResponseBase:
    """The versions of the templates."""
    scope = scope_in(request)
    extra = {"can_propose": scope.has("ledger.book"), "pending": _pending(scope, "ledger.template")}
    return render_list(request, TemplatesPage, "ledger/templates.html", extra)


def _person(request: HttpRequest) -> Any:
    """Whoever signed in; the gate let nobody else in."""
    return request.user


def _pending(scope: Any, prefix: str) -> list[Any]:
    rows = selectors.visible_changes(scope).filter(state="proposed", kind__startswith=prefix)
    return list(rows[:50])


def template(request: HttpRequest, template_id: int) -> HttpResponse:
    """One version: its lines, the versions before and after, what it may fill in."""
    scope = scope_in(request)
    row = selectors.get_template(template_id, scope=scope)
    versions = (
        selectors.visible_templates(scope).filter(
            event=row.event, company_id=row.company_id, subject=row.subject
        )
        if row.company_id
        else selectors.visible_templates(scope).filter(
            event=row.event, company__isnull=True, subject=row.subject
        )
    )
    context = {
        "template": row,
        "event": event_title(row.event),
        "content": (content := template_of(row.event, row.voucher_type, row.lines)),
        "example": example_of(content, day=clock.today()),
        "versions": versions.order_by("-number"),
        "kind": EVENTS.get(row.event),
        "can_propose": scope.has("ledger.book", row.company_id),
    }
    return render(request, "ledger/template.html", context)


def _initial(
    row: VoucherTemplate | None, today: date
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The form's first values: of the version a new one takes the place of, or empty."""
    if row is None:
        return {"valid_from": today, "voucher_type": "付"}, [{} for _ in range(LINES)]
    content = template_of(row.event, row.voucher_type, row.lines)
    head = {
        "event": row.event,
        "company": "" if row.company_id is None else str(row.company_id),
        "subject": row.subject,
        "name": row.name,
        "voucher_type": row.voucher_type,
        "description": content.description,
        "valid_from": today,
    }
    lines = [asdict(line) for line in content.lines]
    return head, lines + [{} for _ in range(LINES - len(lines))]


def template_form(request: HttpRequest, template_id: int | None = None) -> HttpResponse:
    """Propose a version, from an earlier one or anew."""
    scope = scope_in(request)
    row = selectors.get_template(template_id, scope=scope) if template_id else None
    head, lines = _initial(row, clock.today())
    is_trial = "preview" in request.POST
    form = TemplateForm(request.POST or None, initial=head, companies=list(company_choices(scope)))
    formset = LineFormSet(request.POST or None, initial=lines)
    error, actor = "", _person(request)
    example = None
    if request.method == "POST" and form.is_valid() and formset.is_valid():
        draft = _draft(form.cleaned_data, formset.cleaned_data)
        try:
            if is_trial:
                example = example_of(draft.template, day=clock.today())
            else:
                templates.propose(draft=draft, actor=actor)
        except (NotFound, NotAllowed):
            raise
        except DomainError as refusal:
            error = said(refusal)
        else:
            if not is_trial:
                messages.success(request, _("已提出，待另一人复核"))
                return redirect("ledger:templates")
    kind = EVENTS.get(form["event"].value() or "payment")
    context = {
        "form": form,
        "formset": formset,
        "error": error,
        "example": example,
        "template": row,
        "kind": kind,
        "events": EVENTS,
    }
    status = 422 if form.is_bound and example is None else 200
    return render(request, "ledger/template_form.html", context, status=status)


def _draft(head: dict[str, Any], rows: list[dict[str, Any]]) -> TemplateDraft:
    lines = tuple(
        TemplateLine(**{name: value for name, value in row.items() if value})
        for row in rows
        if row.get("side")
    )
    return TemplateDraft(
        template=Template(
            event=head["event"],
            voucher_type=head["voucher_type"],
            description=head["description"],
            lines=lines,
        ),
        name=head["name"],
        valid_from=head["valid_from"],
        source_note=head["source_note"],
        company_id=int(head["company"]) if head["company"] else None,
        subject=head["subject"].strip(),
    )


def period_list(request: HttpRequest) -> HttpResponseBase:
    """The months; each is closed and reopened on its own page of the reconciliation."""
    return render_list(request, PeriodsPage)


FIELD_WORDS = {
    "event": gettext_lazy("业务"), "name": gettext_lazy("名称"), "subject": gettext_lazy("账户科目"), "voucher_type": gettext_lazy("凭证字"),
    "valid_from": gettext_lazy("生效日期"), "source_note": gettext_lazy("依据"), "number": gettext_lazy("版本"), "state": gettext_lazy("状态"),
    "why": gettext_lazy("原因"), "day": gettext_lazy("启用日期"), "balance": gettext_lazy("期初余额"),
}  # fmt: skip


def change(request: HttpRequest, change_id: int) -> HttpResponse:
    """One proposed change: before, after, and the decision."""
    scope = scope_in(request)
    row = selectors.visible_changes(scope).filter(pk=change_id).first()
    if row is None:
        raise NotFound("staged change", "未找到该变更")
    plain = {k: v for k, v in row.after.items() if k not in ("content", "company_id")}
    after = _content(row.after, row.after.get("voucher_type", ""))
    context = {
        "change": row,
        "company": masterdata.get_company(row.company_id, scope=scope) if row.company_id else None,
        "fields": [
            (FIELD_WORDS.get(name, name), row.before.get(name, "—"), value)
            for name, value in plain.items()
        ],
        "before": _content(row.before, row.before.get("voucher_type", "")),
        "after": after,
        "example": example_of(after, day=clock.today()) if after else None,
        "is_open": row.state == "proposed",
        "is_own": row.made_by.person_key == scope.person_key,
        "can_decide": scope.has("ledger.confirm", row.company_id),
    }
    return render(request, "ledger/change.html", context)


def _content(said: dict[str, Any], voucher_type: str) -> Template | None:
    plain = said.get("content")
    return None if plain is None else template_of(str(said.get("event", "")), voucher_type, plain)


@require_POST
def decide(request: HttpRequest, change_id: int) -> HttpResponse:
    """Accept or refuse."""
    accept = request.POST.get("decision") == "accept"

    def act() -> None:
        decisions.decide(
            change_id=change_id,
            accept=accept,
            actor=_person(request),
            why=request.POST.get("why", ""),
        )

    acted(request, act, done=_("已生效") if accept else _("已拒绝"))
    return redirect("ledger:change", change_id)
