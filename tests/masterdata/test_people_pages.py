"""People, duties, delegations and the sign-in log in the browser."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.test import Client

from kernel import clock
from kernel.errors import Conflict
from masterdata import people_selectors
from masterdata.models import StagedChange, User
from masterdata.roles import Role
from masterdata.services import people_admin
from tests import build
from tests.masterdata.people import NEW_USER, agree, roles, signed_in

pytestmark = pytest.mark.django_db(transaction=True)


class TestPages:
    def test_a_user_is_made_in_the_browser(self, house: SimpleNamespace) -> None:
        first, second = signed_in(house.officer), signed_in(house.second_officer)

        made = first.post("/masterdata/people/new/", NEW_USER, follow=True)
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
        change = people_admin.propose_user(values=NEW_USER, actor=house.officer)
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
