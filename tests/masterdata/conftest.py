"""A small group for the tests of master data."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from masterdata import selectors
from masterdata.roles import Role
from masterdata.services import seeding
from tests import build


@pytest.fixture(autouse=True)
def _fresh_calendar() -> Iterator[None]:
    selectors.forget_calendar()
    yield
    selectors.forget_calendar()


@pytest.fixture
def group(transactional_db: None) -> SimpleNamespace:
    """A head office with two subsidiaries, a maker and two admins; commands really commit."""
    seeding.ensure_directory()
    head = build.a_company()
    first, second = build.a_company(parent=head), build.a_company(parent=head)
    return SimpleNamespace(
        head=head,
        first=first,
        second=second,
        maker=build.a_user(Role.MAKER, company=head),
        admin=build.a_user(Role.ADMIN, company=head),
        other_admin=build.a_user(Role.ADMIN, company=head),
    )


@pytest.fixture
def house(group: SimpleNamespace) -> SimpleNamespace:
    """The group with two security administrators for all of it and one for a subsidiary."""
    group.officer = build.a_user(Role.SECURITY_ADMIN, company=group.head)
    group.second_officer = build.a_user(Role.SECURITY_ADMIN, company=group.head)
    group.local = build.a_user(Role.SECURITY_ADMIN, company=group.first)
    return group
