"""Simulators started as programs, each with its own home, all stopped at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.bankadapters.simulator.client import Sim


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Callable[..., Sim]]:
    """Start a simulator with further arguments and sign on; `signed=False` leaves that to the test."""
    started: list[Sim] = []

    def start(*arguments: str, signed: bool = True) -> Sim:
        home = tmp_path / f"home{len(started)}"
        home.mkdir()
        sim = Sim(home, arguments).start()
        started.append(sim)
        if signed:
            sim.sign_on()
        return sim

    yield start
    for sim in started:
        sim.http.close()
        if sim.process.poll() is None:
            sim.stop()
