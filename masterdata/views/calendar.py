"""The calendar of working days: a year on one sheet, and the proposal of another."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from desk.viewing import scope_in
from desk.words import said
from kernel import clock
from kernel.errors import DomainError, NotAllowed, NotFound
from masterdata import selectors, working_days
from masterdata.services import calendars
from masterdata.services.dated import PROPOSE, may_propose

FIRST_YEAR, YEARS_AHEAD = 2018, 2


class YearForm(forms.Form):
    """The special days of a year, a line each."""

    days = forms.CharField(
        label=_("休假与调休"),
        max_length=6000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 22}),
        help_text=_(
            "每行一项：日期或起止日期、休或班、名称。例如 2027-02-08 ~ 2027-02-12 休 春节。"
        ),
    )
    source_note = forms.CharField(
        label=_("依据"), max_length=120, help_text=_("国务院办公厅当年放假通知的文号。")
    )


def _year(given: object) -> int:
    last = clock.today().year + YEARS_AHEAD
    year = int(str(given)) if str(given).isdigit() else clock.today().year
    if not FIRST_YEAR <= year <= last:
        raise NotFound("year")
    return year


@require_safe
def calendar(request: HttpRequest) -> HttpResponse:
    """One year: every month, its holidays and make-up days, and on what ground."""
    scope, year = scope_in(request), _year(request.GET.get("year", ""))
    days = selectors.special_days(year)
    pending = selectors.visible_changes(scope).filter(
        kind=calendars.KIND, state="proposed", subject_id=str(year)
    )
    context = {
        "year": year,
        "years": range(
            max(FIRST_YEAR, year - 2), min(clock.today().year + YEARS_AHEAD, year + 2) + 1
        ),
        "months": working_days.months(year, days),
        "days": days,
        "worked": sum(
            cell.kind in ("", "work")
            for month in working_days.months(year, days)
            for week in month
            for cell in week
        ),
        "today": clock.today(),
        "missing": selectors.missing_year(),
        "sources": selectors.calendar_sources(year),
        "pending": pending.first(),
        "can_propose": scope.has(PROPOSE) and may_propose(scope, None),
    }
    return render(request, "masterdata/calendar.html", context)


def edit(request: HttpRequest, year: int) -> HttpResponse:
    """Propose the special days of a year; the form begins with what is in force, else with the published notice."""
    scope, year = scope_in(request), _year(year)
    scope.demand(PROPOSE)
    now = selectors.special_days(year) or working_days.published(year)
    initial: dict[str, Any] = {"days": "\n".join(map(str, now))}
    form = YearForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            change = calendars.propose_year(
                year=year,
                days=working_days.read(form.cleaned_data["days"], year),
                source_note=form.cleaned_data["source_note"],
                actor=request.user,  # type: ignore[arg-type]  # signed in
            )
        except (NotFound, NotAllowed):
            raise
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, said(error))
        else:
            return redirect("masterdata:change", change.pk)
    context = {
        "form": form,
        "title": _now("%(year)s 年工作日历") % {"year": year},
        "back": f"{reverse('masterdata:calendar')}?year={year}",
    }
    return render(
        request, "masterdata/calendar_form.html", context, status=422 if form.is_bound else 200
    )
