"""A duty lent for some days."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest

from kernel import clock
from kernel.errors import InvalidInput, NotAllowed, NotFound
from masterdata import people_selectors
from masterdata.models import Membership, User
from masterdata.roles import Role
from masterdata.selectors import scope_of
from masterdata.services import delegations
from tests import build
from tests.masterdata.people import agree, grant

pytestmark = pytest.mark.django_db(transaction=True)


class TestDelegation:
    def lend(self, house: SimpleNamespace, giver: User, receiver: User, role: Role, days: int = 3):
        today = clock.today()
        return delegations.propose_delegation(
            giver=giver, receiver=receiver.username, role=role.value, company_id=house.first.pk,
            valid_from=today, valid_to=today + timedelta(days=days),
        )  # fmt: skip

    @pytest.fixture
    def pair(self, house: SimpleNamespace) -> tuple[User, User]:
        giver = build.a_user(Role.CHECKER, company=house.head)
        return giver, build.a_user(Role.VIEWER, company=house.head)

    def test_lends_the_duty_for_its_days_only(
        self, house: SimpleNamespace, pair: tuple[User, User], frozen_clock
    ) -> None:
        giver, receiver = pair
        agree(self.lend(house, giver, receiver, Role.CHECKER), house.officer)

        now = scope_of(receiver)
        frozen_clock.advance(days=4)
        later = scope_of(receiver)

        assert now.companies_with("payments.check") == {house.first.pk}
        assert now.lent_by("payments.check", house.first.pk) == giver.pk
        assert scope_of(giver).lent_by("payments.check", house.first.pk) is None
        assert not later.has("payments.check")

    def test_ends_with_the_givers_duty_and_at_once_when_ended(
        self, house: SimpleNamespace, pair: tuple[User, User]
    ) -> None:
        giver, receiver = pair
        agree(self.lend(house, giver, receiver, Role.CHECKER), house.officer)
        (row,) = people_selectors.delegations_of(receiver)

        giver.memberships.all().delete()
        without = scope_of(receiver)
        Membership.objects.create(user=giver, role="checker", company=house.head)
        again = scope_of(receiver)
        delegations.end_delegation(delegation_id=row.pk, actor=receiver)

        assert not without.has("payments.check")
        assert again.has("payments.check")
        assert not scope_of(receiver).has("payments.check")
        with pytest.raises(NotFound):
            delegations.end_delegation(delegation_id=row.pk, actor=house.maker)

    def test_never_makes_a_forbidden_pair(
        self, house: SimpleNamespace, pair: tuple[User, User]
    ) -> None:
        giver, _receiver = pair
        with pytest.raises(NotAllowed, match="职责冲突"):
            self.lend(house, giver, house.maker, Role.CHECKER)

    def test_bars_a_clashing_grant_while_it_lasts(
        self, house: SimpleNamespace, pair: tuple[User, User]
    ) -> None:
        giver, receiver = pair
        agree(self.lend(house, giver, receiver, Role.CHECKER), house.officer)

        with pytest.raises(NotAllowed, match="代理"):
            grant(house, receiver, Role.MAKER)

    def test_refuses_what_is_not_the_givers_to_lend(
        self, house: SimpleNamespace, pair: tuple[User, User]
    ) -> None:
        giver, receiver = pair
        twin = build.a_user(Role.VIEWER, company=house.head, person_key=giver.person_key)

        for who, to, role in (
            (giver, receiver, Role.RELEASER),
            (house.officer, receiver, Role.SECURITY_ADMIN),
            (house.maker, receiver, Role.MAKER),
            (giver, twin, Role.CHECKER),
        ):
            with pytest.raises(NotAllowed):
                self.lend(house, who, to, role)

    def test_is_agreed_by_neither_of_the_two(
        self, house: SimpleNamespace, pair: tuple[User, User]
    ) -> None:
        giver, _ = pair
        twin_officer = build.a_user(Role.SECURITY_ADMIN, company=house.head)
        receiver = build.a_user(Role.VIEWER, company=house.head)
        change = self.lend(house, giver, receiver, Role.CHECKER)
        User.objects.filter(pk=twin_officer.pk).update(person_key=receiver.person_key)
        twin_officer.refresh_from_db()

        with pytest.raises(NotAllowed, match="本人"):
            agree(change, twin_officer)

    def test_wants_sensible_days(self, house: SimpleNamespace, pair: tuple[User, User]) -> None:
        giver, receiver = pair
        for days in (-1, 400):
            with pytest.raises(InvalidInput):
                self.lend(house, giver, receiver, Role.CHECKER, days=days)
