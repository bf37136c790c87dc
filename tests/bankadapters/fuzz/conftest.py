"""The corpus, collected once for all tests of this folder."""

from __future__ import annotations

import pytest

from tests.bankadapters.fuzz.corpus import Sample, collected, distinct


@pytest.fixture(scope="package")
def samples(tmp_path_factory) -> list[Sample]:
    return list(distinct(collected(tmp_path_factory.mktemp("corpus"))))
