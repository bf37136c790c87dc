"""People and duties: two strangers for everything given, clashing duties refused whichever way they come."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.test import Client

from kernel import clock
from kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound
from masterdata import people_selectors
from masterdata.models import Membership, StagedChange, User, UserSession
from masterdata.roles import CONFLICTS, Role
from masterdata.selectors import scope_of
from masterdata.services import companies, delegations, people_admin, people_changes, sessions
from tests import build

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def house(group: SimpleNamespace) -> SimpleNamespace:
    """The group with two security administrators for all of it and one for a subsidiary."""
    group.officer = build.a_user(Role.SECURITY_ADMIN, company=group.head)
    group.second_officer = build.a_user(Role.SECURITY_ADMIN, company=group.head)
    group.local = build.a_user(Role.SECURITY_ADMIN, company=group.first)
    return group


def agree(change: StagedChange, actor: User):
    return people_changes.decide_people_change(change_id=change.pk, accept=True, actor=actor)


def grant(house: SimpleNamespace, user: User, role: Role, company=None) -> None:
    company = company or house.head
    change = people_admin.propose_grant(
        user_id=user.pk, role=role.value, company_id=company.pk, actor=house.officer
    )
    agree(change, house.second_officer)


def roles(user: User) -> set[str]:
    return set(user.memberships.values_list("role", flat=True))


class TestNewUser:
    VALUES = {"username": "wang.wu", "display_name": "王五", "person_key": " Ｅ0071 "}

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


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


class TestPages:
    def test_a_user_is_made_in_the_browser(self, house: SimpleNamespace) -> None:
        first, second = signed_in(house.officer), signed_in(house.second_officer)

        made = first.post("/masterdata/people/new/", TestNewUser.VALUES, follow=True)
        page = made.redirect_chain[-1][0]
        done = second.post(page, {"decision": "accept"})

        assert "首次密码的前一半" in made.content.decode()
        assert "首次密码的前一半" not in second.get(page).content.decode()
        assert "首次密码的后一半" in done.content.decode()
        assert done["Cache-Control"] == "no-store"
        assert User.objects.filter(username="wang.wu").exists()

    def test_a_duty_is_granted_in_the_browser(self, house: SimpleNamespace) -> None:
        user = build.a_user(Role.VIEWER, company=house.head)
        first, second = signed_in(house.officer), signed_in(house.second_officer)
        form = {"role": "checker", "company": house.first.pk}

        first.post(f"/masterdata/people/{user.pk}/duties/new/", form)
        change = StagedChange.objects.get(kind="people.duty.grant")
        desk = second.get("/masterdata/people/changes/").content.decode()
        second.post(f"/masterdata/people/changes/{change.pk}/", {"decision": "accept"})

        assert change.title in desk
        assert "复核" in first.get(f"/masterdata/people/{user.pk}/").content.decode()
        assert roles(user) == {"viewer", "checker"}

    def test_clashes_are_told_beside_the_form(self, house: SimpleNamespace) -> None:
        form = {"role": "checker", "company": house.head.pk}

        answer = signed_in(house.officer).post(
            f"/masterdata/people/{house.maker.pk}/duties/new/", form
        )

        assert answer.status_code == 403
        assert "职责冲突" in answer.content.decode()

    def test_people_changes_are_hidden_from_the_desk_of_master_data(
        self, house: SimpleNamespace
    ) -> None:
        change = people_admin.propose_user(values=TestNewUser.VALUES, actor=house.officer)
        admin = signed_in(house.admin)

        assert change.title not in admin.get("/masterdata/changes/").content.decode()
        assert admin.get(f"/masterdata/changes/{change.pk}/").status_code == 404
        assert admin.get(f"/masterdata/people/changes/{change.pk}/").status_code == 403

    def test_the_sign_in_log_is_for_security_and_audit(self, house: SimpleNamespace) -> None:
        Client().post("/sign-in/", {"username": house.maker.username, "password": "wrong"})
        auditor = build.a_user(Role.AUDITOR, company=house.head)

        for user in (house.officer, auditor):
            page = signed_in(user).get("/masterdata/people/sign-ins/").content.decode()
            assert house.maker.username in page
            assert "用户名或密码错误" in page
        assert signed_in(house.admin).get("/masterdata/people/sign-ins/").status_code == 403

    def test_a_delegation_is_asked_for_and_ended_by_its_giver(self, house: SimpleNamespace) -> None:
        giver = build.a_user(Role.APPROVER, company=house.head)
        receiver = build.a_user(Role.VIEWER, company=house.head)
        client, day = signed_in(giver), clock.today().isoformat()
        form = {"duty": f"approver:{house.head.pk}", "receiver": receiver.username}

        client.post("/me/delegations/new/", form | {"valid_from": day, "valid_to": day})
        agree(StagedChange.objects.get(kind="people.delegation"), house.officer)
        (row,) = people_selectors.delegations_of(giver)
        shown = client.get("/me/security/").content.decode()
        client.post(f"/me/delegations/{row.pk}/end/")

        assert str(receiver) in shown
        assert not people_selectors.delegations_of(giver).exists()

    def test_a_stopped_account_is_told_apart(self, house: SimpleNamespace) -> None:
        client = signed_in(house.officer)

        client.post(f"/masterdata/people/{house.maker.pk}/deactivate/", {"why": "离职"})

        assert (
            "申请启用账号" in client.get(f"/masterdata/people/{house.maker.pk}/").content.decode()
        )
        with pytest.raises(Conflict):
            people_admin.deactivate_user(user_id=house.maker.pk, actor=house.officer, why="x")
