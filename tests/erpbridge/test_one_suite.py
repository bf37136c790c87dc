"""The suite that every style passes is one and large enough: counted from the tests themselves."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from math import prod
from types import ModuleType
from typing import Any

from erpbridge.models import ErpSystem
from tests.erpbridge import test_scenarios, test_scenarios_back, test_scenarios_bad_way
from tests.erpbridge.lanes import LANES

SUITE = (test_scenarios, test_scenarios_back, test_scenarios_bad_way)
SCENARIOS_MIN = 60


def scenarios_of(module: ModuleType) -> Iterator[Callable[..., Any]]:
    """Every test of a module, in classes or not."""
    owners = [module, *(one for _, one in inspect.getmembers(module, inspect.isclass))]
    for owner in owners:
        for name, test in inspect.getmembers(owner, inspect.isfunction):
            if name.startswith("test_") and test.__module__ == module.__name__:
                yield test


def cases(test: Callable[..., Any]) -> int:
    """How many scenarios a test stands for: the product of what it is run with."""
    marks = [one for one in getattr(test, "pytestmark", ()) if one.name == "parametrize"]
    return prod(len(list(one.args[1])) for one in marks)


def test_one_suite_of_sixty_scenarios_and_more_runs_unchanged_over_the_five_styles():
    found = [test for module in SUITE for test in scenarios_of(module)]
    over_every_style = [test for test in found if "lane" in inspect.signature(test).parameters]

    assert LANES.keys() == {style.value for style in ErpSystem.Style}
    assert sum(map(cases, over_every_style)) >= SCENARIOS_MIN
