"""The explained value: what counts at T+1 and T+2, that a later day changes nothing, and what is left behind the number."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from kernel import clock
from masterdata.roles import Role
from masterdata.selectors import scope_of
from reconciliation import explained
from reconciliation.models import ExplainedDay
from reconciliation.services import explaining, matching
from reconciliation.services.matching import Part
from tests.build import a_company, a_user, an_account
from tests.reconciliation.build import DAY, Told, both
from tests.reconciliation.test_desk import signed_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def account(frozen_clock):
    return an_account(company=a_company())


@pytest.fixture
def accountant(account):
    return a_user(Role.RECONCILER, company=account.company)


@pytest.fixture
def days(account):
    """A day of 60.00, 30.00 and 10.00, matched on the day, after T+1, and never: (first, second) moments."""
    first, second = explaining.moments(DAY, clock.Calendar())
    return first, second


def at(moment):
    """The clock at a moment."""
    return clock.fixed(moment)


class TestMoments:
    def test_are_the_ends_of_the_next_two_working_days(self):
        friday = date(2026, 11, 6)

        first, second = explaining.moments(friday, clock.Calendar())

        assert [f"{one:%m-%d %H}" for one in (first, second)] == ["11-10 00", "11-11 00"]


class TestMeasureDue:
    def test_counts_what_was_matched_by_then_whatever_happened_later(
        self, account, accountant, days
    ):
        with at(days[0] - timedelta(hours=30)):
            bank, book = both(account, [Told("60.00"), Told("30.00"), Told("10.00", outgo=False)])
            act = matching.confirm(
                account_id=account.pk, part=Part((bank[0],), (book[0],)), actor=accountant
            )
        with at(days[0] + timedelta(hours=1)):
            matching.confirm(
                account_id=account.pk, part=Part((bank[1],), (book[1],)), actor=accountant
            )
            assert explaining.measure_due() == 1
            assert explaining.measure_due() == 0
        row = ExplainedDay.objects.get(account=account)
        assert (row.value, row.value_t1, row.lines_t1, row.value_t2) == (100, 60, 1, None)

        with at(days[1] + timedelta(hours=1)):
            matching.undo(act_id=act.pk, actor=accountant)
            assert explaining.measure_due() == 1

        row.refresh_from_db()
        assert (row.value_t1, row.value_t2, row.lines_t2) == (60, 90, 2)

    def test_says_nothing_before_the_first_moment(self, account, days):
        with at(days[0] - timedelta(seconds=1)):
            both(account, [Told()])

            assert explaining.measure_due() == 0

    def test_what_was_undone_and_brought_back_counts_as_it_stood(self, account, accountant, days):
        with at(days[0] - timedelta(hours=5)):
            bank, book = both(account, [Told("60.00"), Told("40.00")])
            done = matching.confirm(
                account_id=account.pk, part=Part(tuple(bank), tuple(book)), actor=accountant
            )
        with at(days[0] - timedelta(hours=4)):
            split = matching.split(account_id=account.pk, match_no=1, parts=[Part((bank[0],), (book[0],))],
                                   actor=accountant, why="")  # fmt: skip
        with at(days[0] + timedelta(hours=1)):
            matching.undo(act_id=split.pk, actor=accountant)

        held = [
            explained.held_at(account.pk, bank_ids=bank, moment=moment)
            for moment in (days[0] - timedelta(hours=4, minutes=30), days[0], days[1])
        ]

        assert done.pk
        assert held == [set(bank), {bank[0]}, set(bank)]


class TestShare:
    def test_is_never_rounded_up_to_all(self):
        assert explained.share(Decimal("99999.99"), Decimal("100000.00")) == Decimal("99.99")
        assert explained.share(Decimal(0), Decimal(0)) is None


class TestPages:
    def test_the_day_leads_to_what_is_left_of_each_account(self, account, accountant, days):
        with at(days[1] + timedelta(hours=1)):
            bank, book = both(account, [Told("60.00"), Told("40.00")])
            matching.confirm(
                account_id=account.pk, part=Part((bank[0],), (book[0],)), actor=accountant
            )
            explaining.measure_due()
            desk = signed_in(accountant)

            group = desk.get(reverse("reconciliation:explained")).content.decode()
            page = desk.get(
                reverse("reconciliation:explained_day", args=[DAY.isoformat()])
            ).content.decode()

        assert reverse("reconciliation:explained_day", args=[DAY.isoformat()]) in group
        assert "100.00" in group
        assert f"{reverse('reconciliation:desk', args=[account.pk])}?first={DAY}" in page
        assert "40.00" in page
        assert "晚于 T+1" in page

    def test_other_companies_days_are_not_counted(self, account, accountant, days):
        with at(days[1] + timedelta(hours=1)):
            both(account, [Told("60.00")])
            explaining.measure_due()
        stranger = scope_of(a_user(Role.RECONCILER, company=a_company()))

        assert explained.group_days(stranger, first=DAY, last=DAY) == []
        assert len(explained.group_days(scope_of(accountant), first=DAY, last=DAY)) == 1
