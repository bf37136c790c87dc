"""The calendar of working days: a year's notice is proposed by one administrator and comes into force by another's word."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db import connection, transaction

from kernel import clock
from kernel.errors import Conflict, InvalidInput
from masterdata import selectors
from masterdata.models import CalendarDay, CalendarYear, StagedChange, User
from masterdata.services import dated
from masterdata.services.staging import stage
from masterdata.working_days import Special, differences

KIND = "masterdata.calendar"


def _lock() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [KIND])


def _written(days: Sequence[Special]) -> list[str]:
    return [str(one) for one in days]


@transaction.atomic(durable=True)
def propose_year(
    *, year: int, days: Sequence[Special], source_note: str, actor: User
) -> StagedChange:
    """Propose the special days of a whole year; another natural person decides.

    Raises NotAllowed, InvalidInput (no source, no change, a day gone by would change), Conflict (one waits already).
    """
    dated.demand(selectors.scope_of(actor), dated.PROPOSE, None)
    _lock()
    if len(source_note.strip()) < 2:
        raise InvalidInput("请填写依据（通知文号）", "a source is wanted", field="source_note")
    before, after = _written(selectors.special_days(year)), _written(days)
    _demand_future(before, after)
    told = {
        "year": year,
        "off": sum(not one.works for one in days),
        "work": sum(one.works for one in days),
    }
    return stage(
        KIND,
        subject_id=year,
        company_id=None,
        title="{year} 年工作日历：休 {off} 天，班 {work} 天".format(**told),
        before={"days": before},
        after={"days": after, "source_note": source_note.strip()[:120]},
        actor=actor,
    )


def _demand_future(before: Sequence[str], after: Sequence[str]) -> None:
    """What was a working day yesterday stays one: payments went by it."""
    changed = [day for day, *_ in differences(before, after)]
    if not changed:
        raise InvalidInput("没有任何修改", "nothing changed", field="days")
    if changed[0] < clock.today().isoformat():
        raise InvalidInput(f"{changed[0]} 已过去，不能修改", f"{changed[0]} is past", field="days")


def seal_years(years: Iterable[int]) -> None:
    """Seal the days these years have now (a step)."""
    for year in sorted(set(years)):
        days = list(CalendarDay.objects.filter(day__year=year))
        CalendarYear(year=year).sealed(days).save()


def apply(change: StagedChange) -> StagedChange:
    """Write the year's days (a step); raises what `propose_year` raises of days, and Conflict where the year moved on."""
    _lock()
    year = int(change.subject_id)
    before, after = change.before["days"], change.after["days"]
    if _written(selectors.special_days(year)) != before:
        raise Conflict("日历在提出变更后已被修改", "the calendar changed since the proposal")
    _demand_future(before, after)
    CalendarDay.objects.filter(day__year=year).delete()
    CalendarDay.objects.bulk_create(
        CalendarDay(
            day=line[:10],
            is_working_day=line[11] == "班",
            name=line[13:],
            source_note=change.after["source_note"],
        )
        for line in after
    )
    seal_years([year])
    transaction.on_commit(selectors.forget_calendar)
    return change
