"""One account of one company with its month open."""

from __future__ import annotations

import pytest

from tests.build import a_company, an_account


@pytest.fixture
def account(db):
    return an_account(company=a_company())
