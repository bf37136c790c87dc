"""One company ready to pay, on a clock that stands still; a finance system at the other end of each style."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kernel import clock
from tests.build_payments import World, a_world
from tests.erpbridge.lanes import LANES, Lane, open_lane


@pytest.fixture
def world(transactional_db: None, frozen_clock: clock.fixed) -> World:
    return a_world()


@pytest.fixture(params=sorted(LANES))
def lane(request: pytest.FixtureRequest, world: World, tmp_path: Path) -> Iterator[Lane]:
    with open_lane(request.param, world, tmp_path) as lane:
        yield lane
