"""One company ready to pay, on a clock that stands still."""

from __future__ import annotations

import pytest

from kernel import clock
from masterdata.models import OwnAccount
from tests.build_payments import World, a_world
from tests.payments.mandates import a_target


@pytest.fixture
def world(transactional_db: None, frozen_clock: clock.fixed) -> World:
    return a_world()


@pytest.fixture
def target(world: World) -> OwnAccount:
    """The account sweeps go up to."""
    return a_target(world)
