"""Outstanding items of every account in one list: how old they are, who sees to them, what is next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

import ledger.selectors
import masterdata.selectors as masterdata
from desk.keysets import whole_number
from desk.viewing import scope_in
from kernel import clock
from kernel.errors import InvalidInput
from kernel.scope import Scope
from reconciliation import outstanding, selectors
from reconciliation.brs import CLASSES, OLD_DAYS, REASON_DAYS, Item, ItemClass
from reconciliation.papers import age_tone
from reconciliation.services import signing

if TYPE_CHECKING:
    from masterdata.models import OwnAccount

SHOWN_MAX = 1_000


@dataclass(frozen=True)
class Line:
    """One item of the list with its account."""

    account: OwnAccount
    item: Item
    age: int

    @property
    def kind(self) -> ItemClass:
        """Its class."""
        return CLASSES[self.item.kind]

    @property
    def side(self) -> str:
        """Whose line it is."""
        return str(outstanding.BANK if self.kind.is_bank else outstanding.BOOK)

    @property
    def tone(self) -> str:
        """How its age is shown."""
        return age_tone(self.age)

    @property
    def next_step(self) -> str:
        """What is next: what a person said, else what its class asks for."""
        return self.item.next_step or str(self.kind.next_step)


def items(request: HttpRequest) -> HttpResponse:
    """What is outstanding at the end of a day, the oldest first."""
    scope = scope_in(request)
    day = _day(request.GET.get("day", ""))
    company = whole_number(request.GET.get("company", ""))
    lines, crowded = _lines(scope, company, day)
    least = whole_number(request.GET.get("age", "")) or 0
    kind = request.GET.get("kind", "")
    lines = [one for one in lines if one.age >= least and kind in ("", one.item.kind)]
    if is_mine := request.GET.get("mine") == "1":
        lines = [one for one in lines if one.item.owner == scope.actor_name]
    lines.sort(key=lambda one: (-one.age, one.account.number, one.item.id))
    allowed = scope.companies_with(selectors.VIEW)
    context = {
        "lines": lines[:SHOWN_MAX],
        "count": len(lines),
        "is_cut": len(lines) > SHOWN_MAX,
        "crowded": crowded,
        "day": day,
        "kind": kind,
        "age": least,
        "is_mine": is_mine,
        "company": company,
        "companies": masterdata.visible_companies(scope).filter(pk__in=allowed),
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


def _lines(scope: Scope, company: int | None, day: date) -> tuple[list[Line], list[OwnAccount]]:
    """The items of the accounts whose book is kept (without one everything of the bank's would be outstanding), and the
    accounts that have too many to list."""
    allowed = scope.companies_with(selectors.VIEW)
    rows = masterdata.visible_accounts(scope).filter(company_id__in=allowed, is_active=True)
    if company is not None:
        rows = rows.filter(company_id=company)
    accounts = {one.pk: one for one in rows.select_related("company", "bank")}
    openings = ledger.selectors.openings(list(accounts))
    if day > clock.today():
        raise InvalidInput("截止日期不能晚于今天", "the day is not over yet", field="day")
    found, crowded = outstanding.items_of({pk: one.day for pk, one in openings.items()}, day)
    lines = [
        Line(accounts[account_id], item, item.age(day))
        for account_id, items in found.items()
        for item in items
    ]
    return lines, [accounts[one] for one in sorted(crowded)]


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
