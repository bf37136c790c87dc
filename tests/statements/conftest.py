"""One linked account of one company."""

from __future__ import annotations

import pytest

from tests.statements.rows import an_account


@pytest.fixture
def account(db):
    return an_account()
