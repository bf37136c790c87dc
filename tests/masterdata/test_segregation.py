"""Whatever security administrators try, in whatever order: no pair of duties meets in one natural person.

The pairs stand here once more, written from the domain's rules; what a person holds is read from what counts in the end:
the scopes of all their accounts and the rights of the systems that act for them.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import combinations
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kernel import clock
from kernel.errors import DomainError
from masterdata.models import ApiClient, Company, Delegation, Membership, User
from masterdata.roles import Role
from masterdata.selectors import scope_of, scope_of_client
from masterdata.services import clients, companies, delegations, people_admin
from tests import build
from tests.masterdata.people import agree

MAKERS = {"maker", "exception_maker", "sales_clerk"}
DECIDERS = {"checker", "approver", "releaser"}
ADMINS = {"admin", "security_admin", "auditor"}


def may_not_meet(one: str, other: str) -> bool:
    """The domain's rule: four people a payment, no accountant who makes, no administrator with any duty besides looking."""
    pair = {one, other}
    if pair & ADMINS:
        return "viewer" not in pair
    makes, decides = pair & MAKERS, pair & DECIDERS
    return bool(
        (makes and decides)
        or len(decides) == 2
        or (pair & (MAKERS | {"checker", "releaser"}) and "treasurer" in pair)
        or (makes and pair & {"receipts_accountant", "recon_accountant"})
        or pair == {"releaser", "recon_accountant"}
    )


def held(person: str) -> dict[int, set[str]]:
    """What one natural person may do in each company, through everything that counts today."""
    found: dict[int, set[str]] = {}
    for user in User.objects.filter(person_key=person, is_active=True):
        for role, where in scope_of(user).roles.items():
            for company in where:
                found.setdefault(company, set()).add(role)
    for client in ApiClient.objects.filter(acts_for__person_key=person, is_active=True):
        scope = scope_of_client(client)
        for right in ("payments.make", "payments.import", "payees.propose"):
            for company in scope.companies_with(right):
                found.setdefault(company, set()).add("maker")
    return found


def clashes() -> list[str]:
    """Every pair that met, in words."""
    return [
        f"{person} in {company}: {one} and {other}"
        for person in User.objects.values_list("person_key", flat=True).distinct()
        for company, roles in held(person).items()
        for one, other in combinations(sorted(roles), 2)
        if may_not_meet(one, other)
    ]


ROLES = sorted(role.value for role in Role)
PEOPLE, COMPANIES = ("a1", "a2", "b1", "b2", "c1"), ("head", "first", "second")
TRIES = st.one_of(
    st.tuples(st.just("grant"), st.sampled_from(PEOPLE), st.sampled_from(ROLES), st.sampled_from(COMPANIES)),
    st.tuples(st.just("revoke"), st.sampled_from(PEOPLE), st.integers(0, 3)),
    st.tuples(st.just("merge"), st.sampled_from(PEOPLE), st.sampled_from("abc")),
    st.tuples(st.just("lend"), st.sampled_from(PEOPLE), st.sampled_from(PEOPLE), st.integers(0, 3), st.integers(0, 3)),
    st.tuples(st.just("system"), st.sampled_from(PEOPLE), st.sampled_from(COMPANIES)),
    st.tuples(st.just("stop"), st.sampled_from(PEOPLE)),
    st.tuples(st.just("return"), st.sampled_from(PEOPLE)),
    st.tuples(st.just("move"), st.sampled_from(("head", "second"))),
)  # fmt: skip


class Group:
    """A small group whose officers try things; each command is whole or refused."""

    def __init__(self) -> None:
        self.head = build.a_company()
        self.first = build.a_company(parent=self.head)
        self.second = build.a_company(parent=self.head)
        self.officers = [build.a_user(Role.SECURITY_ADMIN, company=self.head) for _ in range(2)]
        self.admin = build.a_user(Role.ADMIN, company=self.head)
        for name in PEOPLE:
            User.objects.create(username=name, display_name=name, person_key=name[0])
        self.count = 0

    def person(self, name: str) -> User:
        return User.objects.get(username=name)

    def company(self, name: str) -> Company:
        return Company.objects.get(pk=getattr(self, name).pk)

    def duty(self, name: str, nth: int) -> Membership:
        rows = list(Membership.objects.filter(user__username=name).order_by("pk"))
        if not rows:
            raise DomainError("没有职责", "no duty")
        return rows[nth % len(rows)]

    def agreed(self, propose: Callable[..., Any], **values: Any) -> None:
        agree(propose(actor=self.officers[0], **values), self.officers[1])

    def grant(self, name: str, role: str, company: str) -> None:
        self.agreed(people_admin.propose_grant, user_id=self.person(name).pk, role=role, company_id=self.company(company).pk)  # fmt: skip

    def revoke(self, name: str, nth: int) -> None:
        self.agreed(people_admin.propose_revocation, membership_id=self.duty(name, nth).pk)

    def merge(self, name: str, person: str) -> None:
        values = {"display_name": name, "person_key": person}
        self.agreed(people_admin.propose_edit, user_id=self.person(name).pk, values=values)

    def lend(self, giver: str, receiver: str, nth: int, later: int) -> None:
        duty, day = self.duty(giver, nth), clock.today() + timedelta(days=later % 2)
        change = delegations.propose_delegation(
            giver=self.person(giver), receiver=receiver, role=duty.role, company_id=duty.company_id,
            valid_from=day, valid_to=day + timedelta(days=3),
        )  # fmt: skip
        agree(change, self.officers[1])

    def system(self, name: str, company: str) -> None:
        self.count += 1
        values = {
            "name": f"S{self.count}", "source_system": "x", "companies": [self.company(company).pk], "acts_for": name,
            "rights": ["payments.make"], "scheme": "hmac-sha256",
        }  # fmt: skip
        self.agreed(clients.propose_client, values=values)

    def stop(self, name: str) -> None:
        people_admin.deactivate_user(user_id=self.person(name).pk, actor=self.officers[0], why="x1")

    def back(self, name: str) -> None:
        self.agreed(people_admin.propose_activation, user_id=self.person(name).pk)

    def move(self, parent: str) -> None:
        first = self.company("first")
        draft = companies.CompanyDraft(
            first.code, first.name, first.short_name, parent_id=self.company(parent).pk
        )
        companies.edit_company(
            company_id=first.pk, version=first.version, draft=draft, actor=self.admin
        )


@pytest.mark.django_db
@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(tries=st.lists(TRIES, min_size=6, max_size=14))
def test_no_pair_of_duties_meets_in_one_natural_person(tries: list[tuple[Any, ...]]) -> None:
    savepoint = transaction.savepoint()
    group, did = Group(), []
    with clock.fixed(clock.now()) as moment:
        for name, *values in tries:
            try:
                getattr(group, {"return": "back"}.get(name, name))(*values)
            except DomainError:
                continue
            did.append((name, *values))
            assert clashes() == [], did
        moment.advance(minutes=60 * 24)  # what was lent from tomorrow on counts now
        assert clashes() == [], did
    transaction.savepoint_rollback(savepoint)


@pytest.mark.django_db
def test_the_tries_are_no_empty_show() -> None:
    """Each of them can succeed; and what would clash is refused, whichever way it comes."""
    group = Group()
    group.grant("a1", "checker", "head")
    group.grant("b1", "maker", "first")
    group.lend("a1", "c1", 0, 0)
    group.system("b2", "first")
    assert Delegation.objects.count() == ApiClient.objects.count() == 1

    for attempt in (
        lambda: group.grant("a2", "maker", "second"),
        lambda: group.lend("a1", "b2", 0, 0),
        lambda: group.system("a2", "first"),
        lambda: group.merge("b1", "a"),
        lambda: group.grant("c1", "releaser", "first"),
        lambda: group.grant("b2", "approver", "first"),
    ):
        with pytest.raises(DomainError, match="职责冲突"):
            attempt()
    assert clashes() == []
