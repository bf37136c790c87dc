"""资金预警: what a treasurer is told before anything is wrong, and when it stops."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import transaction

from desk.models import ExceptionCase
from kernel import clock
from payments.limit_rows import lay_down_limit
from tests.build import tell_balance
from tests.build_payments import World, a_payee, a_world, released
from tests.payments.test_inforce import decide
from treasury import services
from treasury.rules import LOW, NEAR, NEW_PAYEE, NIGHT
from treasury.topics import EarlyWarnings

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(transactional_db: None, frozen_clock: clock.fixed) -> World:
    return a_world()


def told() -> set[str]:
    return set(ExceptionCase.objects.filter(closed_at=None).values_list("kind", flat=True))


class TestBalances:
    def test_a_figure_below_the_floor_is_told_until_it_is_above(self, world):
        decide(world, EarlyWarnings, balance_floor="5000.00")
        tell_balance(world.account, "4999.99")
        services.warn()
        (case,) = ExceptionCase.objects.all()
        assert (case.kind, case.company_id) == (LOW, world.company.pk)
        assert "4,999.99" in case.reason

        tell_balance(world.account, "5000.00")
        services.warn()

        assert told() == set()

    def test_nobody_is_told_where_nobody_set_a_floor(self, world):
        tell_balance(world.account, "0.01")

        services.warn()

        assert told() == set()


class TestLimits:
    def test_one_nearly_used_is_told_until_there_is_room(self, world, frozen_clock):
        with transaction.atomic():
            lay_down_limit(
                {"company": world.company.pk, "currency": "CNY", "period": "day", "amount": "1000.00"},
                valid_from=date(2020, 1, 1), source_note="测试",
            )  # fmt: skip
        released(world, amount=Decimal("899.00"))
        services.warn()
        assert told() == set()

        released(world, amount=Decimal("1.00"))
        services.warn()
        assert told() == {NEAR}

        frozen_clock.advance(days=1)
        services.warn()
        assert told() == set()


class TestPayments:
    def test_a_large_first_payment_is_told_once(self, world):
        a_payee(world, code="V9", number="6222000099")
        released(world, amount=Decimal("49999.00"), payee_code="V9", payee_number="6222000099")
        services.warn()
        assert told() == set()
        row = released(world, amount=Decimal("45000.00"))
        decide(world, EarlyWarnings, new_payee_amount="45000.00")

        services.warn()
        assert {case.subject_id for case in ExceptionCase.objects.filter(kind=NEW_PAYEE)} >= {
            str(row.order_id)
        }
        ExceptionCase.objects.update(closed_at=clock.now())
        services.warn()

        assert told() == set()

    def test_one_released_at_night_is_told(self, world):
        decide(world, EarlyWarnings, night_amount="800.00")
        with clock.fixed(datetime(2026, 11, 24, 22, 30, tzinfo=clock.SHANGHAI)):
            tell_balance(world.account)
            released(world, amount=Decimal("800.00"))
            services.warn()

        assert told() == {NIGHT}

    def test_what_was_released_long_ago_is_none_of_it(self, world, frozen_clock):
        decide(world, EarlyWarnings, new_payee_amount="1.00")
        released(world)
        frozen_clock.advance(seconds=timedelta(minutes=11).total_seconds())

        services.warn()

        assert told() == set()
