"""A company with a linked account, people to move a payment through every hand, and a bank to talk to."""

from __future__ import annotations

from datetime import datetime

import pytest

from kernel import clock
from tests.bankbridge.bank import BankProcess
from tests.bankbridge.world import World

MORNING = datetime(2026, 11, 24, 9, 30, tzinfo=clock.SHANGHAI)


@pytest.fixture
def moving_clock(tmp_path, monkeypatch):
    """A clock file that says Tuesday 09:30 and runs on; the simulator and we both read it."""
    path = tmp_path / "clock"
    clock.set_offset(path, MORNING)
    monkeypatch.setenv("CLOCK_FILE", str(path))
    return path


@pytest.fixture
def world(transactional_db, moving_clock):
    made = World()
    made.clock_file = moving_clock
    return made


@pytest.fixture
def bank(tmp_path, moving_clock):
    """A Bank of China simulator in a process of its own, started with the given options."""
    started = []

    def start(*options: str, **settings) -> BankProcess:
        process = BankProcess(tmp_path, moving_clock, *options, **settings)
        started.append(process)
        return process

    yield start
    for process in started:
        process.stop()
