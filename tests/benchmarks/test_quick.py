"""`python -m benchmarks --quick` runs to its end; no figure is judged here, because this machine may be busy."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from benchmarks.__main__ import BENCHMARKS, NOT_QUICK
from benchmarks.rig import ROOT, Line

_SERVERS = ("DATABASE_URL", "REDIS_URL", "CLOCK_FILE")


@pytest.mark.slow
def test_every_quick_benchmark_runs_to_its_end() -> None:
    env = {name: value for name, value in os.environ.items() if name not in _SERVERS}

    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--quick"],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr[-3000:]
    for name, (title, _) in BENCHMARKS.items():
        assert (title in done.stdout) == (name not in NOT_QUICK)
    assert "whose debit the bank's books hold once" in done.stdout


class TestLine:
    @pytest.mark.parametrize(
        ("line", "words"),
        [
            (Line("a", 5, "s", "b", 10, 2.0, goal=2), "goal ≥ 2: reached"),
            (Line("a", 5, "s", "b", 10, 1.0, goal=2), "goal ≥ 2: missed by a factor of 2.00"),
            (Line("a", 128, "MB", goal=64, at_most=True), "goal ≤ 64: missed by a factor of 2.00"),
            (Line("a", 64, "MB", goal=64, at_most=True), "goal ≤ 64: reached"),
            (Line("a", 1, "s"), ""),
        ],
    )
    def test_says_how_far_the_goal_is(self, line, words):
        assert line.verdict == words
