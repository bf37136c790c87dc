"""The bank reconciliation statement: every account's at a month's end; one account's as known now, or at a past moment."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from desk.keysets import whole_number
from desk.pages import render_list
from desk.viewing import form_page, scope_in
from desk.words import said
from kernel import clock
from kernel.errors import DomainError, InvalidInput, NotAllowed, NotFound
from ledger.rules import period_of
from masterdata.people_selectors import who_may
from masterdata.services.stepup import require_stepup
from reconciliation import close_selectors, outstanding, selectors
from reconciliation import statement_selectors as reads
from reconciliation.brs import CLASSES, changes
from reconciliation.forms import ItemForm
from reconciliation.models import BankReconciliationStatement
from reconciliation.pages import StatementsPage
from reconciliation.papers import shown
from reconciliation.services import signing
from reconciliation.views.choosing import accounts_in, asked_company
from reconciliation.views.sheets import print_sheet, workbook_of

if TYPE_CHECKING:
    from masterdata.models import OwnAccount
    from reconciliation.brs import Item, Sheet

MONTHS = 12


@dataclass
class Line:
    """One account of the overview: its statement of the day, and the ends of the months before."""

    account: OwnAccount
    row: BankReconciliationStatement | None
    is_wanted: bool  # the month's close wants it
    strip: list[tuple[date, str]] = field(default_factory=list)


def month_end(day: date) -> date:
    """The last day of the month."""
    return day.replace(day=monthrange(day.year, day.month)[1])


def _day_in(request: HttpRequest) -> date:
    """The day asked for; without one the end of the month before."""
    return _day(request.GET.get("day", "").strip())


def _day(text: str) -> date:
    if not text:
        return clock.today().replace(day=1) - timedelta(days=1)
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        raise InvalidInput("日期应写作 2026-11-30", "a day like 2026-11-30", field="day") from None


def overview(request: HttpRequest) -> HttpResponse:
    """Every account's statement at a month's end."""
    day = month_end(_day_in(request))
    choice = asked_company(request)
    accounts = accounts_in(request, choice["company"])
    ids = [one.pk for one in accounts]
    wanted = close_selectors.wanting_statement(ids, day)
    ends = [day]
    while len(ends) < MONTHS:
        ends.append(ends[-1].replace(day=1) - timedelta(days=1))
    standing = reads.standing_statements(ids, day)
    states = reads.signed_days(ids, since=ends[-1])
    lines = [
        Line(
            one,
            standing.get(one.pk),
            one.pk in wanted,
            [(end, states.get(one.pk, {}).get(end, "")) for end in reversed(ends)],
        )
        for one in accounts
    ]
    context = {
        **choice,
        "lines": sorted(
            lines, key=lambda one: (not one.is_wanted, one.account.company.path, one.account.number)
        ),
        "day": day,
        "before": ends[1],
        "after": month_end(day + timedelta(days=1)),
        "signed": sum(one.row is not None and one.row.state == "reviewed" for one in lines),
        "waiting": sum(one.row is not None and one.row.state == "prepared" for one in lines),
        "undone": sum(one.row is None and one.is_wanted for one in lines),
    }
    return render(request, "reconciliation/statements.html", context)


def archive(request: HttpRequest) -> HttpResponseBase:
    """Every version people signed."""
    return render_list(request, StatementsPage)


def _account(request: HttpRequest, account_id: int, right: str = selectors.VIEW) -> OwnAccount:
    return selectors.demand(account_id, scope=scope_in(request), right=right)


def _moment(request: HttpRequest) -> datetime | None:
    """The past moment asked for, or None for now. Raises InvalidInput."""
    text = request.GET.get("known", "").strip()
    if not text:
        return None
    try:
        found = parse_datetime(text)
    except ValueError:
        found = None
    if found is None:
        raise InvalidInput(
            "时点应写作 2026-11-30T18:00", "a moment like 2026-11-30T18:00", field="known"
        )
    moment = found if found.tzinfo else found.replace(tzinfo=clock.SHANGHAI)
    if moment > clock.now():
        raise InvalidInput("时点不能晚于现在", "the moment is yet to come", field="known")
    return moment


def _sheet(request: HttpRequest, account: OwnAccount) -> Sheet:
    known = outstanding.known_at(account.pk, _moment(request) or clock.now())
    return outstanding.sheet(account, _day_in(request), known)


def account(request: HttpRequest, account_id: int) -> HttpResponse:
    """One account's statement as known now (or at a past moment), with what people signed of it."""
    scope = scope_in(request)
    found = _account(request, account_id)
    sheet = _sheet(request, found)
    is_past = bool(request.GET.get("known"))
    versions = reads.statements_of(account_id, sheet.day)
    standing = next((one for one in versions if one.state in ("prepared", "reviewed")), None)
    left, came = ((), ()) if standing is None else changes(standing.sheet, sheet)
    may = scope.has(signing.PREPARE, found.company_id) and not is_past
    locked = period_of(sheet.day) if signing.is_locked(found, sheet.day) else ""
    is_done = standing is not None and standing.state == "reviewed" and bool(locked)
    obstacles = [] if is_past or is_done else signing.obstacles(found, sheet)
    named = outstanding.opening_items(account_id, sheet.known_at)
    is_changed = standing is not None and standing.sheet.figures() != sheet.figures()
    query = request.GET.copy()
    query["day"] = sheet.day.isoformat()
    context = {
        "account": found,
        "versions": versions,
        "standing": standing,
        "left": left,
        "came": came,
        "is_past": is_past,
        "obstacles": obstacles,
        "locked": locked,
        "is_changed": is_changed and not is_past,
        "can_prepare": may and not obstacles and not is_done,
        "can_word": may,
        "figures": sheet.figures(),
        "opening_count": 0 if named is None else len(named.bank_ids) + len(named.book_ids),
        "query": query.urlencode(),
        **shown(sheet, account_id=account_id),
    }
    return render(request, "reconciliation/sheet.html", context)


def account_print(request: HttpRequest, account_id: int) -> HttpResponse:
    """The same on paper or as PDF: equal bytes for equal moments."""
    found = _account(request, account_id)
    back = reverse("reconciliation:brs_account", args=[account_id])
    return print_sheet(request, _sheet(request, found), back=f"{back}?{request.GET.urlencode()}")


def account_workbook(request: HttpRequest, account_id: int) -> HttpResponse:
    """The same as a workbook."""
    return workbook_of(_sheet(request, _account(request, account_id)))


@require_POST
def prepare(request: HttpRequest, account_id: int) -> HttpResponse:
    """The preparer signs what the page showed."""
    actor: Any = request.user
    day = _day(request.POST.get("day", "").strip())
    stepup = require_stepup(request, "reconciliation.prepare")
    try:
        row = signing.prepare(
            account_id=account_id,
            day=day,
            figures=request.POST.get("figures", ""),
            actor=actor,
            stepup=stepup,
        )
    except (NotFound, NotAllowed):
        raise
    except DomainError as error:
        messages.error(request, said(error))
        return redirect(f"{reverse('reconciliation:brs_account', args=[account_id])}?day={day}")
    messages.success(request, _("已签字，待另一人复核"))
    return redirect("reconciliation:brs", row.pk)


def item(request: HttpRequest, account_id: int, side: str, line_id: int) -> HttpResponse:
    """Say of an outstanding item why, who sees to it, and what is next."""
    found = _account(request, account_id, signing.PREPARE)
    actor: Any = request.user
    row = outstanding.words_for([account_id], side, [line_id], clock.now()).get(line_id)
    told = outstanding.item_of(account_id, side, line_id)
    people = who_may("reconciliation.view", found.company_id)
    initial = (
        {}
        if row is None
        else {"reason": row.reason, "next_step": row.next_step, "owner_id": row.owner_id}
    )
    back = reverse("reconciliation:brs_account", args=[account_id])
    return form_page(
        request,
        form=ItemForm(
            request.POST or None,
            initial=initial,
            people=[(str(one.pk), one.display_name) for one in people],
        ),
        submit=lambda values: signing.say(
            account_id=account_id, side=side, line_id=line_id, actor=actor, **values
        ),
        title=_("未达账项说明"),
        back=f"{back}?day={_day_in(request)}",
        extra={"about": "" if told is None else _about(told)},
    )


def _about(told: Item) -> str:
    """Which line the words are about."""
    parts = (told.day, told.document, told.party, told.text, CLASSES[told.kind].title)
    words = " · ".join(str(part) for part in parts if part)
    return f"{words} {told.amount:,.2f}"


def opening(request: HttpRequest, account_id: int) -> HttpResponse:
    """Which lines older than the book's opening were outstanding at it."""
    found = _account(request, account_id, signing.PREPARE)
    actor: Any = request.user
    known = outstanding.known_at(account_id, clock.now())
    start = outstanding.kept_from(account_id, known)
    if start is None:
        messages.error(request, _("该账户尚未设定日记账期初"))
        return redirect("ledger:opening", account_id)
    if request.method == "POST":
        try:
            signing.name_opening_items(
                account_id=account_id,
                bank_ids=_ids(request, "bank"),
                book_ids=_ids(request, "book"),
                why=request.POST.get("why", ""),
                actor=actor,
            )
        except (NotFound, NotAllowed):
            raise
        except DomainError as error:
            messages.error(request, said(error))
        else:
            messages.success(request, _("已保存"))
            return redirect("reconciliation:brs_account", account_id)
    context = {
        "account": found,
        "start": start,
        "lines": outstanding.opening_choices(account_id, start, known),
    }
    return render(request, "reconciliation/opening.html", context)


def _ids(request: HttpRequest, name: str) -> list[int]:
    found = (whole_number(text) for text in request.POST.getlist(name))
    return [one for one in found if one is not None]
