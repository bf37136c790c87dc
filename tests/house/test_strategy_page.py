"""The page for administrators tells every setting as it is, and no setting is without a test that it acts."""

from __future__ import annotations

from masterdata.services.dated import kinds
from masterdata.services.strategy import StrategyKind
from tests.acts.every import ACTS
from tests.house.strategy_page import PATH, page


def test_no_field_of_any_setting_is_without_an_act():
    fields = {
        (kind.name, name)
        for kind in kinds().values()
        for name in kind.values.specs()
        if not (isinstance(kind, StrategyKind) and name in kind.keys)
    }
    shown = [(act.kind, act.field) for act in ACTS]

    assert fields - set(shown) == set(), "add an Act to a module of tests/acts"
    assert set(shown) - fields == set()
    assert len(set(shown)) == len(shown)


def test_the_page_of_settings_is_current():
    assert PATH.read_text("utf-8") == page(), "run python -m tests.house.strategy_page"
