"""The cases every test run lives through: fault profiles × crash points."""

from __future__ import annotations

from itertools import product

from tests.simulation.proxy import CRASH_POINTS
from tests.simulation.world import Life

PROFILES = (
    "none",
    "drop_before_booking",
    "drop_after_booking",
    "truncated",
    "wrong_encoding",
    "token_expiry",
    "not_found_first",
    "http_500",
)


def lives() -> list[Life]:
    """Each profile with each crash point, and one with a bit of all; the seed differs from case to case and never from run to run."""
    crossed = [*product(PROFILES, CRASH_POINTS), ("mixed", "while_recording")]
    return [
        Life(faults, point, seed=100 + number) for number, (faults, point) in enumerate(crossed)
    ]
