"""kill -9 of the platform's process at any step between a delivery and its answer: taken once, answered the same."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from django.db import connection, connections

from erpbridge.styles import foreign, tcp
from erpbridge.tcp_server import _systems
from kernel import clock
from kernel.clock import fixed
from payments.models import PaymentOrder
from tests.erpbridge.lanes import Lane, an_item, statuses
from tests.forking import forget_inherited

pytestmark = pytest.mark.django_db(transaction=True)

# Of the steps of one delivery, evenly spread; `make fuzz` takes them all.
POINTS = 10_000 if os.environ.get("HYPOTHESIS_PROFILE") == "fuzz" else 5
_OURS = f"{Path(__file__).parents[2] / 'erpbridge'}{os.sep}"
_THEIRS = f"{_OURS}simulator{os.sep}"


class Steps:
    """Counts the steps of this process: each function of the border that is entered, each statement to the database."""

    def __init__(self, dies_at: int) -> None:
        self.dies_at, self.count = dies_at, 0

    def step(self) -> None:
        self.count += 1
        if self.count == self.dies_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def profile(self, frame: FrameType, event: str, _: Any) -> None:
        name = frame.f_code.co_filename
        if event in ("call", "return") and name.startswith(_OURS) and not name.startswith(_THEIRS):
            self.step()

    def statement(self, execute: Callable[..., Any], *given: Any) -> Any:
        self.step()
        found = execute(*given)
        self.step()
        return found


def in_a_process(work: Callable[[], Any], *, dies_at: int) -> int:
    """Do the work in a process of its own that is killed at this step; the steps it did when it was not."""
    connections.close_all()
    foreign.disconnect()
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        steps = Steps(dies_at)
        try:
            forget_inherited()
            connection.ensure_connection()
            with connection.execute_wrapper(steps.statement):
                sys.setprofile(steps.profile)
                work()
                sys.setprofile(None)
            os.write(writer, str(steps.count).encode())
        finally:
            os._exit(0)
    os.close(writer)
    _, status = os.waitpid(child, 0)
    with os.fdopen(reader) as told:
        counted = told.read()
    assert os.WIFSIGNALED(status) == (not counted)
    return int(counted or 0)


def hand_over(lane: Lane, key: str, items: list[dict[str, Any]]) -> Callable[[], Any]:
    """Lay a delivery where the platform finds it; what the platform then does. Asked again it is the same delivery."""
    if lane.style in ("file", "table", "db"):
        if not lane.side.holds(key, "payment_request"):
            lane.side.send(items, key=key)
        return lane.pump
    if (
        lane.style == "tcp"
    ):  # the request is answered here, so that this process is the one that dies
        lane.side.exchange = lambda body: tcp.answer(body, _systems())
    return lambda: (lane.side.send(items, key=key), lane.pump())


@pytest.mark.timeout(1800)  # where every step is taken
def test_a_request_survives_a_kill_at_any_step_and_is_taken_once(lane, frozen_clock: fixed):
    def asked(number: int) -> tuple[str, list[dict[str, Any]]]:
        later = (clock.today() + timedelta(days=2)).isoformat()  # all steps together pass midnight
        return f"k{number}", [
            an_item(lane.world, doc_no=f"FK{number}", purpose=f"款{number}", wish_date=later)
        ]

    total = in_a_process(hand_over(lane, *asked(0)), dies_at=0)
    points = {max(1, total * number // POINTS) for number in range(1, POINTS + 1)}
    for number, point in enumerate(sorted(points), 1):
        key, items = asked(number)
        in_a_process(hand_over(lane, key, items), dies_at=point)
        frozen_clock.advance(minutes=6)  # what the dead one had claimed comes free

        hand_over(lane, key, items)()

        assert statuses(lane.side.answer(key)) == ["OK"], f"killed at step {point} of {total}"
    assert total > 60
    assert PaymentOrder.objects.count() == len(points) + 1
