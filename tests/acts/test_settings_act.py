"""No dead setting: under another value something else happens, and a key says whom a row rules.

That no field is without an act is asked in `tests/house/test_strategy_page.py`.
"""

from __future__ import annotations

from typing import Any

import pytest

from masterdata.services.dated import kinds
from masterdata.services.strategy import StrategyKind
from masterdata.strategies import Decided
from masterdata.topics import BY_BANK
from tests.acts import COMPANY, STRANGER, SUBJECT, row_of
from tests.acts.every import ACTS
from tests.acts.routing import COMMON, ROUTES

TOPICS = [kind for kind in kinds().values() if isinstance(kind, StrategyKind)]
KEYS = [pytest.param(kind, key, id=f"{kind.name}-{key}") for kind in TOPICS for key in kind.keys]


@pytest.fixture
def world(request: pytest.FixtureRequest, db: None, frozen_clock: Any) -> Any:
    build = request.node.callspec.params["act"].world
    return None if build is None else build()


@pytest.mark.parametrize("which", ["one", "other"])
@pytest.mark.parametrize("act", [pytest.param(act, id=f"{act.kind}-{act.field}") for act in ACTS])
def test_every_setting_acts(act, which, world):
    value, happens = getattr(act, which)
    said = {**act.base, act.field: value}

    assert (act.see(said, world) if act.world else act.see(said)) == happens
    assert act.one[1] != act.other[1]


class TestKeys:
    @pytest.mark.parametrize(("kind", "key"), KEYS)
    def test_a_row_rules_whom_its_key_names_and_nobody_else(self, kind, key):
        def version(said: dict[str, Any], **asked: Any) -> Any:
            decided = Decided([row_of(kind.name, said)])
            if kind.topic.keyed_by == BY_BANK:
                return decided.of_bank(kind.topic, asked.get("bank", "104"))[1] == [1]
            company, subject = asked.get("company", COMPANY), asked.get("subject", SUBJECT)
            return decided.of(kind.topic, company, subject)[1] == 1

        if key == "bank":
            act = next(one for one in ACTS if one.kind == kind.name)
            common = {**act.base, **COMMON} if kind.name == ROUTES else {**act.base}
            both = Decided(
                [
                    row_of(kind.name, {**common, act.field: act.one[0]}),
                    row_of(kind.name, {"bank": "104", act.field: act.other[0]}, pk=2),
                ]
            )
            ruled = [
                getattr(both.of_bank(kind.topic, bank)[0], act.field) for bank in ("104", "102")
            ]
            assert ruled[0] != ruled[1]
        elif key == "company":
            assert version({"company": 1})  # a company above
            assert not version({"company": COMPANY.pk}, company=STRANGER)
        else:
            assert version({"company": COMPANY.pk, "subject": SUBJECT})
            assert not version({"company": COMPANY.pk, "subject": SUBJECT}, subject="1002.99")
