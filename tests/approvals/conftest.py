"""People who decide, and two security administrators who vouch for their keys."""

from __future__ import annotations

import pytest

from masterdata.models import Membership, User
from tests.build import a_company

DUTIES = {
    "maker": "maker",
    "checker": "checker",
    "approver": "approver",
    "approver2": "approver",
    "treasurer": "treasurer",
    "releaser": "releaser",
}


@pytest.fixture
def people(db, frozen_clock):
    company = a_company()
    found = {
        name: User.objects.create(username=name, display_name=name, person_key=f"p-{name}")
        for name in (*DUTIES, "officer", "officer2")
    }
    for name, user in found.items():
        role = DUTIES.get(name, "security_admin")
        Membership.objects.create(user=user, company=company, role=role)
    return found
