"""The page of banks tells what the adapters declare, and no fact of any bank is without its source."""

from __future__ import annotations

from pathlib import Path

import pytest

from bankadapters import matrix, registry

PATH = Path(__file__).parents[2] / "docs" / "banks.md"


def test_the_page_of_banks_is_current():
    told = "run python -m bankadapters matrix --report docs/banks.md"
    assert PATH.read_text("utf-8") == matrix.page(), told


@pytest.mark.parametrize("slug", registry.slugs())
def test_every_fact_a_bank_states_names_its_source(slug):
    assert matrix.undeclared(registry.profile(slug)) == []


def test_the_page_is_linked_from_both_readmes():
    for name in ("README.md", "README.zh-CN.md"):
        assert "docs/banks.md" in (PATH.parents[1] / name).read_text("utf-8")
