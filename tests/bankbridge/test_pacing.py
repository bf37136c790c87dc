"""Pacing: what a bank wants between two messages holds over all workers, whichever process they run in."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest

from bankadapters import registry
from bankadapters.contract import AccountRef, Connection
from bankadapters.errors import NotSent
from bankbridge import pacing
from bankbridge.adapters import open_line
from bankbridge.models import Exchange, Pace
from bankbridge.recorder import About
from kernel import clock
from tests.bankadapters.simulated import RunningWorld
from tests.bankbridge.test_banks import BANKS
from tests.bankbridge.world import World
from tests.forking import in_a_process

pytestmark = pytest.mark.django_db(transaction=True)
INTERVAL_S, EACH = 0.5, 3
(CMB,) = (one for one in BANKS if one.slug == "cmb")


@pytest.fixture
def simulator(tmp_path, moving_clock) -> Iterator[RunningWorld]:
    running = RunningWorld(tmp_path / "bank", "--bank", "cmb", "--no-delays")
    yield running
    running.close()


@pytest.fixture
def world(transactional_db, simulator) -> World:
    made = World(CMB)
    made.reach(simulator.addresses["cmb"])
    row = made.connection_now()
    row.parameters = {**row.parameters, "interval_query_s": str(INTERVAL_S)}
    row.save()
    return made


def ask(world, times: int) -> None:
    """What a worker does: open the line and ask the bank."""
    line = open_line(world.connection.pk)
    for _ in range(times):
        line.about(About()).balances([AccountRef(world.account.number, branch="57")])


class TestTurn:
    def test_two_workers_keep_one_interval_between_them(self, world, simulator):
        workers = [in_a_process(lambda: ask(world, EACH)) for _ in range(2)]

        assert [os.waitpid(one, 0)[1] for one in workers] == [0, 0]
        began = sorted(Exchange.objects.values_list("began_at", flat=True))
        assert len(began) == 2 * EACH
        assert began[-1] - began[0] >= timedelta(seconds=INTERVAL_S * (2 * EACH - 2))
        assert Pace.objects.get().key == "cmb:LGNNAM=OPER01"

    def test_whoever_would_wait_too_long_sends_nothing(self, world, monkeypatch):
        monkeypatch.setattr(pacing, "WAIT_MAX_S", 0.2)
        pacer = pacing.SharedPacer("connection:1")
        pacer.turn("pay", 60)

        with pytest.raises(NotSent):
            pacer.turn("pay", 60)
        pacer.turn("query", 60)

    def test_a_turn_taken_on_a_clock_far_ahead_holds_nobody_up(self, world, moving_clock):
        pacer = pacing.SharedPacer("connection:1")
        clock.set_offset(moving_clock, clock.now() + timedelta(days=3))
        pacer.turn("pay", 1)
        clock.set_offset(moving_clock, clock.now() - timedelta(days=3))

        began = time.monotonic()
        pacer.turn("pay", 1)

        assert time.monotonic() - began < pacing.WAIT_MAX_S / 2


class TestIntervals:
    def test_the_sheet_says_unless_the_connection_does(self):
        def interval(parameters: dict[str, str]) -> float:
            said = Connection("cmb", {"main": "tcp://127.0.0.1:9"}, parameters)
            return registry.open(said).interval_s("query")

        assert interval({}) == 2
        assert interval({"interval_query_s": "0.25"}) == 0.25
        assert interval({"interval_query_s": "soon"}) == 2

    def test_every_bank_shows_them_beside_its_settings(self):
        for slug in registry.slugs():
            names = [one.name for one in registry.profile(slug).common()]
            assert names == ["interval_pay_s", "interval_query_s", "certificate_until"]

    def test_where_no_login_is_counted_each_connection_is_by_itself(self):
        said = Connection("boc", {})

        assert pacing.pace_key(7, said, registry.profile("boc")) == "connection:7"
