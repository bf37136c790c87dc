"""The world of these tests."""

from __future__ import annotations

import pytest

from tests.receipts.build import World, a_world


@pytest.fixture
def world(db, frozen_clock) -> World:
    return a_world()
