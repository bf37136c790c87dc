"""Steps of the daily reconciliation's tests: the bank books an entry, the day is closed, a person signs it."""

from __future__ import annotations

from datetime import timedelta

from kernel import clock
from payments.services import evidence
from reconciliation import day_selectors
from reconciliation.services import days
from reconciliation.services.days import Asked
from statements import services as statements
from tests.build import step_up
from tests.reconciliation.signing import tell
from tests.statements.rows import a_line


def book(
    world,
    row=None,
    *,
    amount=None,
    direction="debit",
    serial="S1",
    reference="",
    text="货款",
    **more,
):
    """An entry of the world's day, tied to whatever it proves."""
    line = a_line(
        serial,
        str(amount or row.amount),
        direction=direction,
        reference=row.bank_ref if row else reference,
        counterparty_account=world.payee_number if row else "999",
        narrative=text,
        **more,
    )
    recorded = statements.record_entries(
        account_id=world.account.pk, lines=[line], exchange_id=None
    )
    evidence.tie_entries(account_id=world.account.pk, entry_ids=recorded.new_ids)
    return recorded.new_ids


def close(world, closing, frozen_clock=None, opening="1000000.00"):
    """The next day comes, the bank tells its balances, and the day is closed."""
    day = clock.today()
    if frozen_clock:
        frozen_clock.advance(days=1)
    else:
        day -= timedelta(days=1)
    tell(world.account, day - timedelta(days=1), opening)
    tell(world.account, day, closing)
    return day


def report(world, day):
    return day_selectors.reports([world.account], day)[world.account.pk]


def sign(world, day, actor, **more):
    asked = Asked(world.account.pk, report(world, day).entries_digest())
    return days.sign(asked=asked, day=day, actor=actor, stepup=step_up(actor), **more)
