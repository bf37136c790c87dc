"""Fault profiles × crash points, the second half: no double debit, no lost order, no state going backwards."""

from __future__ import annotations

import pytest

from tests.simulation.cases import lives
from tests.simulation.world import Life, Stage

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("life", lives()[1::2], ids=str)
def test_every_promise_survives(stage: Stage, life: Life) -> None:
    report = stage.live(life)

    assert report.verdict.is_good, report.complaint()
    assert report.kills >= 1
    assert sum(report.verdict.states.values()) == stage.orders
