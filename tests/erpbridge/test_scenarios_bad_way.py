"""The same suite for every style, on a bad way: whatever breaks, what was asked for is taken once or not at all."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import psycopg2
import pytest

from payments.models import PaymentOrder
from tests.erpbridge.bad_ways import Skew, break_line, send_forged, send_half, send_rest
from tests.erpbridge.lanes import Lane, an_item, statuses

pytestmark = pytest.mark.django_db(transaction=True)


def two(lane: Lane) -> list[dict]:
    return [an_item(lane.world), an_item(lane.world, line_no="2", purpose="二")]


class TestHalves:
    def test_half_a_delivery_makes_nothing_and_the_whole_is_taken_once(self, lane):
        send_half(lane, two(lane), "k1")
        lane.pump()
        during = PaymentOrder.objects.count()

        send_rest(lane, two(lane), "k1")
        lane.pump()

        assert during == 0
        assert statuses(lane.side.answer("k1")) == ["OK", "OK"]
        assert PaymentOrder.objects.count() == 2


class TestForgeries:
    def test_what_is_not_signed_by_the_system_makes_nothing_and_the_honest_are_served(self, lane):
        if lane.style == "db":
            pytest.skip(
                "rows of their own database are not signed: who may write there is theirs to say"
            )
        send_forged(lane, two(lane), "k1")
        lane.pump()
        during = PaymentOrder.objects.count()

        answer = lane.ask(two(lane), key="k2")

        assert during == 0
        assert statuses(answer) == ["OK", "OK"]


class TestOversize:
    def test_a_field_too_long_makes_nothing_and_the_honest_are_served(self, lane):
        big = an_item(lane.world, purpose="长" * 3_000)
        with suppress(OSError, ValueError, psycopg2.Error):
            lane.ask([big], key="k1")
        during = PaymentOrder.objects.count()

        answer = lane.ask(two(lane), key="k2")

        assert during == 0
        assert statuses(answer) == ["OK", "OK"]


class TestClocks:
    @pytest.mark.parametrize("hours", [-26, 26])
    def test_a_clock_that_is_off_loses_and_doubles_nothing(self, lane, hours):
        with Skew(lane, timedelta(hours=hours)):
            lane.ask(two(lane), key="k1")

        lane.ask(two(lane), key="k1")

        assert statuses(lane.side.answer("k1")) == ["OK", "OK"]
        assert PaymentOrder.objects.count() == 2


class TestOrder:
    def test_deliveries_that_overtake_each_other_are_both_taken_once(self, lane):
        lane.side.send([an_item(lane.world, doc_no="FK2", purpose="后")], key="k2")
        lane.side.send([an_item(lane.world)], key="k1")
        lane.pump()
        lane.pump()

        found = [statuses(lane.side.answer(key)) for key in ("k1", "k2")]
        assert found == [["OK"], ["OK"]]
        assert PaymentOrder.objects.count() == 2

    def test_a_line_cut_between_asking_and_answering_gives_the_first_answer(self, lane):
        first = lane.ask(two(lane), key="k1")
        break_line(lane)

        again = lane.ask(two(lane), key="k1")

        assert again == first
        assert PaymentOrder.objects.count() == 2
