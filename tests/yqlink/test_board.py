"""流程看板: where everything is, who holds it, how long."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest

from kernel import clock
from masterdata.selectors import scope_of
from payments.models import PaymentOrder
from payments.services import orders
from tests.build_payments import World, a_draft, a_world, act, ready, sent, submitted
from yqlink.workspace.board import BOARD, Line, board_for, duties_with

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(frozen_clock) -> World:
    return a_world()


def lines(world: World, who: str = "treasurer") -> dict[str, Line]:
    """The lines of the payments' section, by state."""
    shown = board_for(scope_of(world[who]), now=clock.now())
    return {line.state: line for line in shown[0].lines}


class TestBoardFor:
    def test_says_who_holds_what_and_how_much(self, world):
        a_draft(world)
        submitted(world, amount=Decimal("12.50"))
        submitted(world, amount=Decimal("7.50"))
        sent(world, "accepted")

        told = lines(world)

        assert [one.name for one in told["draft"].holders] == ["maker"]
        assert [one.name for one in told["pending_check"].holders] == ["复核"]
        assert (told["pending_check"].count, told["pending_check"].sums) == (
            2,
            {"CNY": Decimal("20.00")},
        )
        assert [one.name for one in told["accepted"].holders] == ["中行"]

    def test_says_how_long_the_oldest_has_waited(self, world, frozen_clock):
        began: datetime = clock.now()
        submitted(world)
        frozen_clock.advance(minutes=95)
        submitted(world)

        line = lines(world)["pending_check"]

        assert (line.oldest, line.age) == (began, "1 小时 35 分")

    def test_an_approval_names_the_duty_that_is_next(self, world):
        order = submitted(world, amount=Decimal("60000.00"))
        act("check", order, world["checker"])
        PaymentOrder.objects.filter(pk=order.pk).update(next_roles=["treasurer"])

        assert [one.name for one in lines(world)["pending_approval"].holders] == ["资金主管"]

    def test_moves_on_with_the_thing(self, world):
        order = ready(world)
        before = lines(world)["pending_release"].count
        orders.return_to_maker(
            order_id=order.pk, version=order.version, actor=world["releaser"], why="金额不对"
        )

        after = lines(world)

        assert (before, "pending_release" in after, after["rejected"].count) == (1, False, 1)

    def test_shows_nobody_another_companys_things_nor_sections_without_the_right(self, world):
        submitted(world)

        shown = board_for(scope_of(world["admin"]), now=clock.now())

        assert [str(one.title) for one in shown] == ["基础数据与参数", "异常"]

    def test_every_holder_named_by_a_right_has_a_duty_that_carries_it(self):
        rights = {
            str(stage.holder)
            for section in BOARD
            for stage in section.stages
            if "." in str(stage.holder)
        }

        assert rights
        assert all(duties_with(right) for right in rights)


class TestBoardPage:
    def test_leads_from_each_figure_to_just_these_rows(self, world, client):
        waiting = [submitted(world) for _ in range(3)]
        ready(world)
        client.force_login(world["treasurer"])

        board = client.get("/board/").content.decode()
        listed = client.get("/payments/orders/?state=pending_check")

        assert '<a href="/payments/orders/?state=pending_check"><strong>3</strong></a>' in board
        assert listed.context["count"] == "3"
        assert all(order.order_no in listed.content.decode() for order in waiting)
