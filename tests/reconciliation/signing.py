"""A bank account with two sides, and the statement two people sign of it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from kernel import clock
from ledger.services import openings
from reconciliation import outstanding
from reconciliation.services import matching, signing
from reconciliation.services.matching import Part
from statements.rules import BalanceFigure
from statements.services import close_day, record_balances
from tests.build import step_up
from tests.reconciliation.build import DAY

LAST = DAY + timedelta(days=18)  # 2026-11-20, before the clock's day


def begin(account, book="161600.00", bank="161600.00"):
    """Both sides as they stood at the beginning of DAY."""
    openings.lay_down(account=account, day=DAY, balance=Decimal(book), source_note="上月余额")
    tell(account, DAY - timedelta(days=1), bank)


def tell(account, day, balance):
    """The bank tells its balance at the end of a day, and the day is checked."""
    figure = BalanceFigure(
        account_id=account.pk, currency=account.currency, book=Decimal(balance), available=None, frozen=None,
        as_of=day, is_day_closing=True,
    )  # fmt: skip
    record_balances(figures=[figure])
    return close_day(account_id=account.pk, day=day)


def match(account, person, bank, book):
    """These lines are matched by a person."""
    part = Part(tuple(bank), tuple(book))
    return matching.confirm(account_id=account.pk, part=part, actor=person, why="核对")


def sheet(account, day=LAST, at=None):
    return outstanding.sheet(account, day, outstanding.known_at(account.pk, at or clock.now()))


def prepare(account, actor, day=LAST):
    return signing.prepare(
        account_id=account.pk, day=day, figures=sheet(account, day).figures(), actor=actor,
        stepup=step_up(actor),
    )  # fmt: skip


def review(row, actor, accept=True, why=""):
    return signing.review(
        statement_id=row.pk, version=row.version, accept=accept, actor=actor, stepup=step_up(actor), why=why
    )  # fmt: skip
