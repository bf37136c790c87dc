"""The lines of the platform's own tables as the engine reads them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kernel import clock
from reconciliation.services import running
from statements.rules import EntryLine
from statements.services import record_entries
from tests.build import a_company, an_account
from tests.reconciliation.build import Told, bank_lines, book_lines, both
from tests.reconciliation.test_running import HENG, live

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def account(frozen_clock):
    return an_account(company=a_company())


def test_each_leg_of_an_own_transfer_is_cleared_by_itself(account):
    other = an_account(company=account.company)
    told = Told("5000.00", ref="YQ000009")
    both(account, [told])
    bank_lines(other, replace(told, outgo=False))

    for one in (account, other):
        running.run(account_id=one.pk)

    assert (live(account), live(other)) == ([("M1", 1, 1)], [])
    book_lines(other, replace(told, outgo=False, day=1))
    running.run(account_id=other.pk)
    assert live(other) == [("M1", 1, 1)]


def test_a_filler_in_the_references_place_hides_no_line(account):
    bank_lines(account, Told(ref="NONREF", **HENG))
    book_lines(account, Told(ref="无", **HENG))

    running.run(account_id=account.pk)

    assert live(account) == [("M2", 1, 1)]


def test_the_value_date_is_the_banks_day(account):
    line = EntryLine(bank_date=Told(day=9).on, booked_at=clock.now(), bank_serial="X1", direction="debit", amount=100,
                     currency="CNY", counterparty_name=HENG["name"], counterparty_account=HENG["acct"], value_date=Told().on)  # fmt: skip
    record_entries(account_id=account.pk, lines=[line])
    book_lines(account, Told(**HENG))

    running.run(account_id=account.pk)

    assert live(account) == [("M2", 1, 1)]
