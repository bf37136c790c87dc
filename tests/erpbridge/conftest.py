"""One company ready to pay, on a clock that stands still."""

from __future__ import annotations

import pytest

from kernel import clock
from tests.build_payments import World, a_world


@pytest.fixture
def world(transactional_db: None, frozen_clock: clock.fixed) -> World:
    return a_world()
