"""The days that wait for a signature, of every month and account in one list."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from kernel import clock
from masterdata.roles import Role
from reconciliation.models import DaySignOff
from reconciliation.services import days
from tests.build import a_user
from tests.build_payments import a_world
from tests.reconciliation.day_steps import book, close

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(frozen_clock):
    return a_world()


@pytest.fixture
def accountant(world):
    return a_user(Role.RECONCILER, company=world.company)


@pytest.fixture
def desk(accountant):
    client = Client()
    client.force_login(accountant, backend="django.contrib.auth.backends.ModelBackend")
    return client


class TestWaiting:
    def test_lists_the_days_of_all_months_and_signs_the_clean_ones_together(
        self, world, desk, accountant, frozen_clock
    ):
        (entry,) = book(world, amount="30.00", text="不明")
        first = close(world, "999970.00", frozen_clock)
        book(world, amount="8.00", direction="credit", serial="S2", day=clock.today())
        second = close(world, "999978.00", frozen_clock, opening="999970.00")
        url = reverse("reconciliation:days_waiting")

        def listed(**given):
            return desk.get(url, given).context["lines"]

        assert [(one.day, one.can_sign) for one in listed()] == [(first, False), (second, True)]
        assert listed(month="2026-10", company="") == []
        assert listed(company=world.company.pk + 99) == []
        assert desk.get(url, {"month": "2026-13"}).status_code == 422
        days.classify(
            account_id=world.account.pk, entry_id=entry, kind="counter", note="", actor=accountant
        )  # fmt: skip

        form = {"accounts": [one.token for one in listed()], "month": "2026-11"}
        answer = desk.post(reverse("reconciliation:days_sign"), form)

        assert answer.url == f"{url}?month=2026-11"
        assert sorted(DaySignOff.objects.values_list("day", flat=True)) == [first, second]
        assert listed() == []
