"""财务系统对账 over every style: the list comes in, and what was lost over there goes out once more under its own id."""

from __future__ import annotations

import pytest

from audit.models import Entry
from erpbridge.models import Comparison, Outbox
from erpbridge.services import comparing
from masterdata.roles import Role
from payments.models import PaymentOrder
from tests.build import a_user
from tests.erpbridge.holding import a_list, document, found
from tests.erpbridge.lanes import an_item, open_lane, statuses

pytestmark = pytest.mark.django_db(transaction=True)


class TestLists:
    def test_one_that_holds_what_we_hold_agrees_over_every_style(self, lane, frozen_clock):
        lane.ask([an_item(lane.world)], key="k1")
        number = PaymentOrder.objects.get().order_no
        frozen_clock.advance(hours=2)

        answer = lane.ask(a_list(document(ref_no=number)), key="h1", kind="holding")
        comparing.compare_due()

        made = Comparison.objects.get()
        assert statuses(answer) == ["OK"]
        assert (made.payments, made.differences) == (1, 0)


class TestTellAgain:
    @pytest.mark.parametrize("style", ["api", "file", "table", "tcp"])
    def test_what_was_lost_over_there_comes_once_more_under_its_own_id(
        self, world, tmp_path, frozen_clock, style
    ):
        accountant = a_user(Role.RECONCILER, company=world.company)
        with open_lane(style, world, tmp_path) as lane:
            lane.ask([an_item(world)], key="k1")
            lane.pump()
            before = [one["message_id"] for one in lane.side.fetch()]
            lane.side.acknowledge(before)
            lane.pump()
            frozen_clock.advance(hours=2)
            lane.ask(a_list({"what": "nothing"}), key="h1", kind="holding")
            comparing.compare_due()
            made = Comparison.objects.get()

            comparing.tell_again(comparison_id=made.pk, actor=accountant, why="对方由备份恢复")
            lane.pump()
            told = [one["message_id"] for one in lane.side.fetch() if one["message_id"] in before]
            lane.side.acknowledge(told)
            lane.pump()

        assert found(made) == ["not_there"]
        assert told[-1:] == before[-1:]
        assert not Outbox.objects.filter(message_id=told[-1], acked_at=None).exists()
        assert Entry.objects.filter(event="erpbridge.comparison.told_again").exists()
