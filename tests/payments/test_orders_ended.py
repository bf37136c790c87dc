"""Orders that end before they are sent, or are paid anew after they failed."""

from __future__ import annotations

from decimal import Decimal

import pytest

from kernel import clock
from kernel.errors import Conflict
from payments.services import orders
from statements import services as statements
from tests.build_payments import (
    act,
    fresh,
    released,
    sent,
)


class TestCancelAndReissue:
    def test_cancels_while_queued(self, world):
        row = released(world)
        order = fresh(row.order)

        orders.cancel_order(
            order_id=order.pk, version=order.version, actor=world["releaser"], why="不付了"
        )

        row.refresh_from_db()
        assert (row.state, fresh(order).shown_state) == ("cancelled", "cancelled")

    def test_refuses_to_cancel_what_may_have_left(self, world):
        row = sent(world, "accepted")
        order = fresh(row.order)

        with pytest.raises(Conflict):
            orders.cancel_order(
                order_id=order.pk, version=order.version, actor=world["releaser"], why="不付了"
            )

        row.refresh_from_db()
        assert row.state == "accepted"

    def test_a_failed_payment_gets_a_new_number_and_new_decisions(self, world):
        row = sent(world, "failed", amount=Decimal("88.00"))
        order = fresh(row.order)
        statements.close_day(account_id=world.account.pk, day=clock.today())

        order = orders.reissue_order(
            order_id=order.pk, version=order.version, actor=world["maker2"], why="户名已更正"
        )
        again = act("release", act("check", order, world["checker"]), world["releaser"])

        assert again.attempt == 2
        assert again.instr_no != row.instr_no
        assert fresh(order).shown_state == "queued"

    def test_no_new_attempt_before_a_statement_was_seen_after_the_failure(
        self, world, frozen_clock
    ):
        statements.close_day(account_id=world.account.pk, day=clock.today())
        frozen_clock.advance(minutes=1)
        order = fresh(sent(world, "failed").order)

        with pytest.raises(Conflict) as caught:
            orders.reissue_order(
                order_id=order.pk, version=order.version, actor=world["maker"], why="再付"
            )

        assert caught.value.code == "statement_missing"

    @pytest.mark.parametrize("fate", ["succeeded", "accepted", ""])
    def test_no_new_attempt_while_one_is_live(self, world, fate):
        order = fresh(sent(world, fate).order)

        with pytest.raises(Conflict) as caught:
            orders.reissue_order(
                order_id=order.pk, version=order.version, actor=world["maker"], why="再付"
            )

        assert caught.value.code == "d2"
