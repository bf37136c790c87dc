"""The day of the ISO 20022 tests."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest

from kernel import clock


@pytest.fixture(autouse=True)
def _the_day(request: pytest.FixtureRequest) -> Iterator[None]:
    if (
        "contract" in request.path.name or "mock_bank" in request.path.name
    ):  # it moves its own clock
        yield
        return
    with clock.fixed(datetime(2026, 3, 10, 9, 30, tzinfo=clock.SHANGHAI)):
        yield
