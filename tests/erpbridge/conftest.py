"""One company ready to pay, on a clock that stands still; a finance system at the other end of each style."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kernel import clock
from masterdata.models import User
from masterdata.roles import Role
from tests.build import a_user
from tests.build_payments import World, a_world
from tests.erpbridge.lanes import LANES, Lane, a_client, a_system, open_lane


@pytest.fixture
def world(transactional_db: None, frozen_clock: clock.fixed) -> World:
    return a_world()


@pytest.fixture(params=sorted(LANES))
def lane(request: pytest.FixtureRequest, world: World, tmp_path: Path) -> Iterator[Lane]:
    with open_lane(request.param, world, tmp_path) as lane:
        yield lane


@pytest.fixture
def own(world: World) -> Lane:
    """A registered system whose deliveries are handed to the one service that takes them."""
    client = a_client(world).client
    system = a_system(client, "file", root="/nowhere", kinds=["payment_result", "voucher"])
    return Lane("file", world, None, client, system)  # type: ignore[arg-type]  # no side is wanted


@pytest.fixture
def accountant(world: World) -> User:
    return a_user(Role.RECONCILER, company=world.company)
