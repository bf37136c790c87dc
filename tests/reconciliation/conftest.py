"""One account, the two people who sign its statements, and the public teaching case."""

from __future__ import annotations

from datetime import timedelta

import pytest

from masterdata.roles import Role
from tests.build import a_company, a_user, an_account
from tests.reconciliation.build import Told, bank_lines, book_lines
from tests.reconciliation.signing import LAST, begin, tell


@pytest.fixture
def account(frozen_clock):
    return an_account(company=a_company())


@pytest.fixture
def preparer(account):
    return a_user(Role.RECONCILER, company=account.company)


@pytest.fixture
def reviewer(account):
    return a_user(Role.TREASURER, company=account.company)


@pytest.fixture
def teaching(account):
    """The public teaching case: book 147,800, bank 174,800, 161,000 on both sides."""
    begin(account)
    book_lines(
        account,
        Told("3800.00", 17, outgo=False, text="收转账支票"),
        Told("17600.00", 18, text="开出支票"),
    )
    bank_lines(account, Told("25000.00", 17, outgo=False, text="托收货款"), Told("11800.00", 18, text="代付电费"))  # fmt: skip
    tell(account, LAST - timedelta(days=1), "186600.00")
    tell(account, LAST, "174800.00")
    return account
