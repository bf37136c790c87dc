"""Outstanding items of every account in one list: how old they are, who sees to them, what is next."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

import audit.services as audit
import ledger.selectors
from desk.exports import XLSX
from desk.keysets import whole_number
from desk.viewing import scope_in
from kernel import clock
from kernel.errors import InvalidInput
from reconciliation import outstanding, workbooks
from reconciliation.brs import CLASSES, OLD_DAYS, REASON_DAYS, Item, ItemClass
from reconciliation.difference_selectors import differences_of
from reconciliation.differences import CONTRADICTIONS, TITLES, Difference
from reconciliation.papers import age_tone, line_url
from reconciliation.services import signing
from reconciliation.views.choosing import accounts_in, asked_company

if TYPE_CHECKING:
    from masterdata.models import OwnAccount

SHOWN_MAX = 1_000


@dataclass(frozen=True)
class Line:
    """One item of the list with its account."""

    account: OwnAccount
    item: Item
    age: int
    difference: Difference

    @property
    def kind(self) -> ItemClass:
        """Its class."""
        return CLASSES[self.item.kind]

    @property
    def side(self) -> str:
        """Whose line it is."""
        return str(outstanding.BANK if self.kind.is_bank else outstanding.BOOK)

    @property
    def differs(self) -> bool:
        """Whether both sides speak of it, not alike."""
        return self.difference.kind in CONTRADICTIONS

    @property
    def tone(self) -> str:
        """How its age is shown."""
        return age_tone(self.age)

    @property
    def url(self) -> str:
        """Where the line itself stands."""
        return line_url(self.account.pk, self.item, self.kind)

    @property
    def next_step(self) -> str:
        """What is next: what a person said, else what its class asks for."""
        return self.item.next_step or str(self.kind.next_step)


def items(request: HttpRequest) -> HttpResponse:
    """What is outstanding at the end of a day, the oldest first."""
    scope = scope_in(request)
    day = _day(request.GET.get("day", ""))
    choice = asked_company(request)
    account = whole_number(request.GET.get("account", ""))
    given = [one for one in accounts_in(request, choice["company"]) if account in (None, one.pk)]
    lines, crowded = _lines(given, day)
    least = whole_number(request.GET.get("age", "")) or 0
    kind = request.GET.get("kind", "")
    lines = [one for one in lines if one.age >= least and kind in ("", one.item.kind)]
    told = Counter(one.difference.kind for one in lines)
    difference = request.GET.get("difference", "")
    lines = [one for one in lines if difference in ("", one.difference.kind)]
    if is_mine := request.GET.get("mine") == "1":
        lines = [one for one in lines if one.item.owner == scope.actor_name]
    lines.sort(key=lambda one: (-one.age, one.account.number, one.item.id))
    if request.GET.get("export") == "xlsx":
        return _workbook(request, lines, day)
    context = {
        **choice,
        "lines": lines[:SHOWN_MAX],
        "count": len(lines),
        "is_cut": len(lines) > SHOWN_MAX,
        "crowded": crowded,
        "day": day,
        "kind": kind,
        "age": least,
        "is_mine": is_mine,
        "account": account,
        "difference": difference,
        "differences": [(name, title, told[name]) for name, title in TITLES.items()],
        "contradictions": [
            (name, TITLES[name], told[name]) for name in CONTRADICTIONS if told[name]
        ],
        "classes": _sums(lines),
        "ages": (OLD_DAYS, REASON_DAYS),
        "can_word": scope.has(signing.PREPARE),
    }
    return render(request, "reconciliation/items.html", context)


def _day(text: str) -> date:
    if not text.strip():
        return clock.today() - timedelta(days=1)
    try:
        return date.fromisoformat(text.strip()[:10])
    except ValueError:
        raise InvalidInput("日期应写作 2026-11-30", "a day like 2026-11-30", field="day") from None


def _lines(given: list[OwnAccount], day: date) -> tuple[list[Line], list[OwnAccount]]:
    """The items of the accounts whose book is kept (without one everything of the bank's would be outstanding), and the
    accounts that have too many to list."""
    accounts = {one.pk: one for one in given}
    openings = ledger.selectors.openings(list(accounts))
    if day > clock.today():
        raise InvalidInput("截止日期不能晚于今天", "the day is not over yet", field="day")
    found, crowded = outstanding.items_of({pk: one.day for pk, one in openings.items()}, day)
    told = differences_of(found)
    lines = [
        Line(
            accounts[account_id],
            item,
            item.age(day),
            told[account_id][CLASSES[item.kind].is_bank, item.id],
        )
        for account_id, items in found.items()
        for item in items
    ]
    return lines, [accounts[one] for one in sorted(crowded)]


def _workbook(request: HttpRequest, lines: list[Line], day: date) -> HttpResponse:
    """Every item of the filtered list as a workbook; who took it is noted."""
    person: Any = request.user
    after = {"list": "reconciliation.items", "day": day, "rows": len(lines)}
    with transaction.atomic():
        audit.record("desk.list.exported", actor=person, subject=person, after=after)
    header = content_disposition_header(True, f"{_('未达账项')}-{day}.xlsx") or "attachment"
    content = workbooks.items_list(
        [(one.account, one.item, one.difference.words()) for one in lines], day
    )
    return HttpResponse(content, content_type=XLSX, headers={"Content-Disposition": header})


def _sums(lines: list[Line]) -> list[tuple[ItemClass, int, list[tuple[str, Decimal]]]]:
    """Of each class: how many, and the sum of each currency."""
    found = []
    for kind in CLASSES.values():
        mine = [one for one in lines if one.item.kind == kind.name]
        sums: dict[str, Decimal] = {}
        for one in mine:
            code = one.account.currency
            sums[code] = sums.get(code, Decimal(0)) + one.item.amount
        found.append((kind, len(mine), sorted(sums.items())))
    return found
