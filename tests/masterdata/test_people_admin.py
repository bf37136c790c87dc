"""People and duties: two strangers for everything given, clashing duties refused whichever way they come."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from kernel.errors import InvalidInput, NotAllowed, NotFound
from masterdata import people_selectors
from masterdata.models import Membership, User, UserSession
from masterdata.roles import CONFLICTS, Role
from masterdata.selectors import scope_of
from masterdata.services import companies, people_admin, people_changes, sessions
from tests import build
from tests.masterdata.people import NEW_USER, agree, grant, roles

pytestmark = pytest.mark.django_db(transaction=True)


class TestNewUser:
    VALUES = NEW_USER

    def test_signs_in_with_the_two_halves_of_a_password(self, house: SimpleNamespace) -> None:
        change = people_admin.propose_user(values=self.VALUES, actor=house.officer)

        done, second = agree(change, house.second_officer)

        user = User.objects.get(username="wang.wu")
        assert user.check_password(people_admin.first_half(done) + second.reveal())
        assert user.must_change_password
        assert user.person_key == "e0071"
        assert not user.memberships.exists()

    def test_is_not_agreed_by_its_proposer_nor_by_the_person(self, house: SimpleNamespace) -> None:
        change = people_admin.propose_user(values=self.VALUES, actor=house.officer)
        User.objects.filter(pk=house.second_officer.pk).update(person_key="e0071")
        house.second_officer.refresh_from_db()

        for actor in (house.officer, house.second_officer):
            with pytest.raises(NotAllowed):
                agree(change, actor)
        assert not User.objects.filter(username="wang.wu").exists()

    @pytest.mark.parametrize(
        ("field", "value"), [("username", "x"), ("username", "王"), ("display_name", ""), ("person_key", " ")]
    )  # fmt: skip
    def test_says_what_is_wrong(self, house: SimpleNamespace, field: str, value: str) -> None:
        with pytest.raises(InvalidInput) as refused:
            people_admin.propose_user(values=self.VALUES | {field: value}, actor=house.officer)

        assert refused.value.field == field

    def test_wants_the_right(self, house: SimpleNamespace) -> None:
        with pytest.raises(NotAllowed):
            people_admin.propose_user(values=self.VALUES, actor=house.admin)


class TestGrant:
    def test_counts_when_a_second_officer_agrees_and_ends_sessions(
        self, house: SimpleNamespace
    ) -> None:
        user = build.a_user(Role.VIEWER, company=house.head)
        sessions.open_session(user=user, key="k" * 32, origin="", agent="", method="password")
        change = people_admin.propose_grant(
            user_id=user.pk, role="checker", company_id=house.first.pk, actor=house.officer
        )
        assert roles(user) == {"viewer"}

        agree(change, house.second_officer)

        assert roles(user) == {"viewer", "checker"}
        assert scope_of(user).companies_with("payments.check") == {house.first.pk}
        assert UserSession.objects.get().end == "revoked"

    def test_nobody_grants_themselves_through_any_account(self, house: SimpleNamespace) -> None:
        twin = build.a_user(Role.VIEWER, company=house.head, person_key=house.officer.person_key)

        for user in (house.officer, twin):
            with pytest.raises(NotAllowed, match="本人"):
                people_admin.propose_grant(
                    user_id=user.pk, role="maker", company_id=house.head.pk, actor=house.officer
                )

    def test_is_not_agreed_by_the_person_it_is_for(self, house: SimpleNamespace) -> None:
        change = people_admin.propose_grant(
            user_id=house.second_officer.pk, role="viewer", company_id=house.head.pk, actor=house.officer
        )  # fmt: skip

        with pytest.raises(NotAllowed, match="本人"):
            agree(change, house.second_officer)

    @pytest.mark.parametrize("pair", sorted(tuple(sorted(pair)) for pair in CONFLICTS))
    def test_refuses_every_clashing_pair(
        self, house: SimpleNamespace, pair: tuple[str, str]
    ) -> None:
        user = build.a_user(Role(pair[0]), company=house.head)

        with pytest.raises(NotAllowed) as refused:
            people_admin.propose_grant(
                user_id=user.pk, role=pair[1], company_id=house.first.pk, actor=house.officer
            )

        assert refused.value.code == "duty_conflict"

    def test_refuses_a_clash_with_a_second_account(self, house: SimpleNamespace) -> None:
        build.a_user(Role.MAKER, company=house.first, person_key="p-1")
        twin = build.a_user(Role.VIEWER, company=house.head, person_key="p-1")

        with pytest.raises(NotAllowed, match="职责冲突"):
            grant(house, twin, Role.CHECKER)

    def test_refuses_a_clash_with_a_calling_system(self, house: SimpleNamespace) -> None:
        issued = build.an_api_client(company=house.first)
        twin = build.a_user(
            Role.VIEWER, company=house.head, person_key=issued.client.acts_for.person_key
        )
        Membership.objects.filter(user=issued.client.acts_for).delete()

        with pytest.raises(NotAllowed, match="接口"):
            grant(house, twin, Role.APPROVER)

    def test_the_same_duties_in_companies_apart_are_fine(self, house: SimpleNamespace) -> None:
        user = build.a_user(Role.MAKER, company=house.first)

        grant(house, user, Role.CHECKER, house.second)

        assert roles(user) == {"maker", "checker"}

    def test_a_clash_that_came_up_meanwhile_is_refused_at_the_agreement(
        self, house: SimpleNamespace
    ) -> None:
        user = build.a_user(Role.VIEWER, company=house.head)
        change = people_admin.propose_grant(
            user_id=user.pk, role="checker", company_id=house.head.pk, actor=house.officer
        )
        Membership.objects.create(user=user, role="maker", company=house.first)

        with pytest.raises(NotAllowed, match="职责冲突"):
            agree(change, house.second_officer)
        change.refresh_from_db()
        assert change.state == "proposed"

    def test_a_local_officer_reaches_nobody_with_duties_elsewhere(
        self, house: SimpleNamespace
    ) -> None:
        here = build.a_user(Role.MAKER, company=house.first)
        both = build.a_user(Role.MAKER, company=house.head)

        people_admin.propose_grant(
            user_id=here.pk, role="sales_clerk", company_id=house.first.pk, actor=house.local
        )
        for user_id, company in ((both.pk, house.first), (here.pk, house.head)):
            with pytest.raises(NotFound):
                people_admin.propose_grant(
                    user_id=user_id, role="viewer", company_id=company.pk, actor=house.local
                )


class TestOtherChanges:
    def test_a_local_officer_neither_sees_nor_agrees_to_changes_of_people_with_duties_elsewhere(
        self, house: SimpleNamespace
    ) -> None:
        change = people_admin.propose_password_reset(user_id=house.maker.pk, actor=house.officer)
        here = build.a_user(Role.MAKER, company=house.first)
        near = people_admin.propose_password_reset(user_id=here.pk, actor=house.officer)
        both = build.a_user(Role.MAKER, company=house.first)
        Membership.objects.create(user=both, role="maker", company=house.second)
        partly = people_admin.propose_password_reset(user_id=both.pk, actor=house.officer)

        seen = people_selectors.visible_people_changes(scope_of(house.local))
        for far in (change, partly):
            with pytest.raises(NotFound):
                agree(far, house.local)
            assert not people_changes.may_decide(far, scope_of(house.local))
        assert {one.pk for one in seen} == {near.pk, partly.pk}
        assert agree(near, house.local)[1] is not None

    def test_moving_an_account_to_another_person_may_not_make_a_clash(
        self, house: SimpleNamespace
    ) -> None:
        build.a_user(Role.MAKER, company=house.head, person_key="p-1")
        checker = build.a_user(Role.CHECKER, company=house.head, person_key="p-2")

        with pytest.raises(NotAllowed, match="职责冲突"):
            people_admin.propose_edit(
                user_id=checker.pk, values={"display_name": "x", "person_key": "P-1"}, actor=house.officer
            )  # fmt: skip

    def test_moving_a_company_may_not_make_a_clash(self, house: SimpleNamespace) -> None:
        user = build.a_user(Role.MAKER, company=house.first)
        Membership.objects.create(user=user, role="checker", company=house.second)
        draft = companies.CompanyDraft(
            house.first.code, house.first.name, house.first.short_name, parent_id=house.second.pk
        )

        with pytest.raises(NotAllowed, match="职责冲突"):
            companies.edit_company(
                company_id=house.first.pk, version=house.first.version, draft=draft, actor=house.admin
            )  # fmt: skip

    def test_a_duty_is_taken_back_by_two(self, house: SimpleNamespace) -> None:
        duty = house.maker.memberships.get()
        change = people_admin.propose_revocation(membership_id=duty.pk, actor=house.officer)

        agree(change, house.second_officer)

        assert roles(house.maker) == set()

    def test_an_account_is_stopped_by_one_and_comes_back_by_two(
        self, house: SimpleNamespace
    ) -> None:
        sessions.open_session(
            user=house.maker, key="k" * 32, origin="", agent="", method="password"
        )
        people_admin.deactivate_user(user_id=house.maker.pk, actor=house.officer, why="离职")
        house.maker.refresh_from_db()
        assert not house.maker.is_active
        assert UserSession.objects.get().end == "deactivated"

        change = people_admin.propose_activation(user_id=house.maker.pk, actor=house.officer)
        agree(change, house.second_officer)

        house.maker.refresh_from_db()
        assert house.maker.is_active
        with pytest.raises(NotAllowed, match="本人"):
            people_admin.deactivate_user(user_id=house.officer.pk, actor=house.officer, why="x")

    def test_a_lost_phone_is_forgotten_by_two(self, house: SimpleNamespace) -> None:
        from masterdata.services import factors

        factors.install_factors([house.maker], {house.maker.username: b"x" * 20}, replace=False)
        change = people_admin.propose_factor_reset(user_id=house.maker.pk, actor=house.officer)
        assert factors.factor_of(house.maker) is not None

        agree(change, house.second_officer)

        assert factors.factor_of(house.maker) is None
