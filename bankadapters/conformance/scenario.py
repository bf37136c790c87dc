"""Scenarios and their verdicts. A scenario is a function of a `Trial`; its docstring is what the report says it shows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from bankadapters.contract import Ability

if TYPE_CHECKING:
    from bankadapters.conformance.trial import Trial


class Verdict(StrEnum):
    """How a scenario ended."""

    PASSED = "passed"
    FAILED = "failed"
    ABSENT = "absent"  # the bank has no such ability, or no such limit
    NOT_RUN = "not_run"  # it wants what only a simulator lets us do


class Failed(AssertionError):
    """A scenario saw what must not be."""


class Skipped(Exception):
    """A scenario does not apply here; says why."""

    def __init__(self, why: str, verdict: Verdict = Verdict.ABSENT) -> None:
        super().__init__(why)
        self.verdict = verdict


@dataclass(frozen=True)
class Scenario:
    """One thing every bank is tried for.

    `needs`: abilities without which it does not apply. `steers`: whether it must make the other side do something
    (pass a day, cut a wire, let a stranger pay in), which a bank's own test front-end does not. `faults`: the profile
    of the simulator it runs under.
    """

    name: str
    group: str
    about: str
    play: Callable[[Trial], None]
    needs: frozenset[Ability] = frozenset()
    steers: bool = False
    faults: str = "none"


@dataclass
class Seen:
    """One exchange of a scenario, secrets masked."""

    operation: str
    sent: bytes
    came: bytes = b""
    error: str = ""


@dataclass
class Result:
    """What became of one scenario at one bank."""

    bank: str
    scenario: Scenario
    verdict: Verdict
    why: str = ""
    exchanges: list[Seen] = field(default_factory=list)


SCENARIOS: list[Scenario] = []


def scenario(
    group: str, *needs: Ability, steers: bool = False, faults: str = "none"
) -> Callable[[Callable[[Trial], None]], Callable[[Trial], None]]:
    """Declare a function as a scenario, under its own name, with the first line of its docstring."""

    def declare(play: Callable[[Trial], None]) -> Callable[[Trial], None]:
        about = (play.__doc__ or "").strip().splitlines()[0]
        SCENARIOS.append(
            Scenario(play.__name__, group, about, play, frozenset(needs), steers, faults)
        )
        return play

    return declare


def expect(condition: bool, said: str) -> None:
    """Raise Failed with what was seen instead."""
    if not condition:
        raise Failed(said)


def load() -> list[Scenario]:
    """Every scenario, in the order of the report."""
    if not SCENARIOS:
        from bankadapters.conformance import scenarios

        scenarios.load()
    return SCENARIOS
