"""Short words for the tests of people and duties."""

from __future__ import annotations

from types import SimpleNamespace

from django.test import Client

from masterdata.models import StagedChange, User
from masterdata.roles import Role
from masterdata.services import people_admin, people_changes

NEW_USER = {"username": "wang.wu", "display_name": "王五", "person_key": " Ｅ0071 "}


def agree(change: StagedChange, actor: User):
    """The second person's word."""
    return people_changes.decide_people_change(change_id=change.pk, accept=True, actor=actor)


def grant(house: SimpleNamespace, user: User, role: Role, company=None) -> None:
    """A duty given by the two officers."""
    company = company or house.head
    change = people_admin.propose_grant(
        user_id=user.pk, role=role.value, company_id=company.pk, actor=house.officer
    )
    agree(change, house.second_officer)


def roles(user: User) -> set[str]:
    """The duties the account holds anywhere."""
    return set(user.memberships.values_list("role", flat=True))


def signed_in(user: User) -> Client:
    """A browser in which this person is signed in."""
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client
