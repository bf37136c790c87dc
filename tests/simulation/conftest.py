"""One stage a file: the furnished database is built once, every case lives in a copy of it."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.simulation.world import Stage


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """A stage on the run's own server."""
    with Stage(os.environ["DATABASE_URL"]) as built:
        yield built
