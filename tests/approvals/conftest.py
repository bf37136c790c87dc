"""People who decide, and two security administrators who vouch for their keys."""

from __future__ import annotations

import pytest

from masterdata.models import Membership, User
from tests.build import a_company


@pytest.fixture
def people(db, frozen_clock):
    company = a_company()
    found = {
        name: User.objects.create(username=name, display_name=name, person_key=f"p-{name}")
        for name in ("maker", "checker", "approver", "releaser", "officer", "officer2")
    }
    for name in ("officer", "officer2"):
        Membership.objects.create(user=found[name], company=company, role="security_admin")
    return found
