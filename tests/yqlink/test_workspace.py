"""The workspace: what waits for the viewer, and the figures a treasurer looks at first."""

from __future__ import annotations

from decimal import Decimal

import pytest

from kernel import clock
from masterdata.selectors import scope_of
from statements.models import LatestBalance
from statements.rules import BalanceFigure
from statements.services import record_balances
from tests.build_payments import World, a_world, ready, sent, submitted
from yqlink.workspace import counters
from yqlink.workspace.cards import cards_for
from yqlink.workspace.panels import panels_for
from yqlink.workspace.pipeline import pipeline

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(frozen_clock) -> World:
    return a_world()


class TestCards:
    def test_a_treasurer_sees_the_cash_the_banks_told_and_what_was_paid_today(self, world):
        figure = BalanceFigure(
            account_id=world.account.pk,
            currency="CNY",
            book=Decimal("1268400.00"),
            available=None,
            frozen=None,
            as_of=clock.today(),
        )
        record_balances(figures=[figure], exchange_id=None)
        sent(world, "succeeded", amount=Decimal("12.50"))
        scope = scope_of(world["treasurer"])

        assert (counters.cash(scope).unit, counters.cash(scope).value) == ("CNY", "1,268,400.00")
        assert (counters.paid_today(scope).value, counters.paid_today(scope).sub) == (
            "1",
            "CNY 12.50",
        )

    def test_a_balance_nobody_told_is_not_zero(self, world):
        LatestBalance.objects.all().delete()

        assert counters.cash(scope_of(world["treasurer"])).value == "—"

    def test_a_duty_without_the_right_is_not_offered_the_card(self, world):
        ready(world)

        labels = {str(card.label) for card in cards_for(scope_of(world["maker"]))}

        assert "待我授权" not in labels
        assert "待我授权" in {str(c.label) for c in cards_for(scope_of(world["releaser"]))}


class TestPipeline:
    def test_counts_by_state_and_the_next_due_moment(self, world):
        sent(world, "accepted")

        told = pipeline(scope_of(world["treasurer"]))

        assert told["states"] == {"accepted": 1}
        assert told["next_due"] is not None


class TestPanels:
    def test_a_checker_sees_what_waits_and_the_way_to_it(self, world):
        order = submitted(world)

        (panel,) = [
            one for one in panels_for(scope_of(world["checker"])) if order.order_no in one.body
        ]

        assert panel.url == "/payments/check/"
        assert f"/payments/orders/{order.order_no}/?desk=check" in panel.body

    def test_a_maker_sees_their_own_failures_and_why(self, world):
        row = sent(world, "failed")
        titles = {str(one.title): one.body for one in panels_for(scope_of(world["maker"]))}

        assert row.order.order_no in titles["我的退回与失败"]
        assert "各公司余额" not in titles

    def test_a_treasurer_sees_unknown_payments_first_and_the_balances(self, world):
        row = sent(world, "")

        first, *others = panels_for(scope_of(world["treasurer"]))

        assert row.order.order_no in first.body
        assert any("1,000,000,000.00" in one.body for one in others)

    def test_an_administrator_sees_no_payment(self, world):
        order = submitted(world)

        bodies = "".join(one.body for one in panels_for(scope_of(world["admin"])))

        assert order.order_no not in bodies


class TestClock:
    def test_counts_down_to_the_first_closing_of_the_large_value_window(self, world, frozen_clock):
        figure = counters.hvps(scope_of(world["releaser"]))
        frozen_clock.advance(hours=9)
        closed = counters.hvps(scope_of(world["releaser"]))

        assert figure.value.count(":") == 1
        assert not figure.is_zero
        assert closed.is_zero
