"""The rights report, and what happens to a session the moment a duty is taken back."""

from __future__ import annotations

import io
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from kernel import clock
from kernel.errors import NotAllowed
from masterdata.duties import SYSTEM_RIGHTS
from masterdata.models import Membership, User
from masterdata.right_words import RIGHT_NAMES
from masterdata.roles import RIGHTS, Role
from masterdata.services import people_admin, sessions
from tests import build
from tests.masterdata.people import agree, signed_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def report(house: SimpleNamespace) -> str:
    return reverse("masterdata:rights")


class TestRightsReport:
    def test_tells_who_may_do_what_where(self, house: SimpleNamespace, report: str) -> None:
        releaser = build.a_user(Role.RELEASER, company=house.first)

        page = signed_in(house.officer).get(f"{report}?q={releaser.username}").content.decode()

        for shown in (releaser.display_name, house.first.short_name, "授权付款", "撤销待发送"):
            assert shown in page
        assert "审批付款" not in page

    def test_names_who_holds_duties_that_clash(self, house: SimpleNamespace, report: str) -> None:
        one = build.a_user(Role.MAKER, company=house.head, person_key="p-1")
        build.a_user(Role.CHECKER, company=house.first, person_key="p-1")

        page = signed_in(house.officer).get(f"{report}?finding=conflict").content.decode()

        assert "制单" in page
        assert one.username in page
        assert house.maker.username not in page

    def test_names_who_does_not_use_theirs(self, house: SimpleNamespace, report: str) -> None:
        long_ago = clock.now() - timedelta(days=100)
        User.objects.filter(pk=house.maker.pk).update(last_login=long_ago)
        fresh = build.a_user(Role.VIEWER, company=house.head)

        page = signed_in(house.officer).get(f"{report}?finding=unused").content.decode()

        assert house.maker.username in page
        assert fresh.username not in page

    def test_comes_as_a_workbook_of_the_filtered_rows(self, house: SimpleNamespace, report: str) -> None:  # fmt: skip
        build.a_user(Role.RELEASER, company=house.first)

        answer = signed_in(house.officer).get(f"{report}?role=releaser&export=xlsx")

        sheet = load_workbook(io.BytesIO(b"".join(answer) if answer.streaming else answer.content)).active  # fmt: skip
        text = [str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value]
        assert any("授权付款" in one for one in text)
        assert not any("提交付款申请" in one for one in text)

    def test_shows_an_officer_of_one_company_no_other(self, house: SimpleNamespace, report: str) -> None:  # fmt: skip
        there = build.a_user(Role.MAKER, company=house.second)
        here = build.a_user(Role.MAKER, company=house.first)

        page = signed_in(house.local).get(report).content.decode()

        assert here.username in page
        assert there.username not in page

    def test_has_a_word_for_every_right(self) -> None:
        assert set(RIGHT_NAMES) == SYSTEM_RIGHTS.union(*RIGHTS.values())


class TestRevocation:
    def test_a_duty_taken_back_ends_the_session_at_once(self, house: SimpleNamespace) -> None:
        browser = signed_in(house.maker)
        key = browser.session.session_key or ""
        sessions.open_session(user=house.maker, key=key, origin="", agent="", method="password")
        address = reverse("payments:orders")
        assert browser.get(address).status_code == 200
        duty = Membership.objects.get(user=house.maker)

        change = people_admin.propose_revocation(membership_id=duty.pk, actor=house.officer)
        assert browser.get(address).status_code == 200
        agree(change, house.second_officer)

        answer = browser.get(address)
        assert answer.status_code == 302
        assert reverse("masterdata:sign_in") in answer["Location"]

    def test_an_account_that_moves_takes_its_systems_along(self, house: SimpleNamespace) -> None:
        issued = build.an_api_client(company=house.first, rights=frozenset({"payments.make"}))
        acts_for = issued.client.acts_for
        Membership.objects.filter(user=acts_for).delete()
        build.a_user(Role.CHECKER, company=house.first, person_key="p-9")

        with pytest.raises(NotAllowed, match="职责冲突"):
            people_admin.propose_edit(
                user_id=acts_for.pk, values={"display_name": "x", "person_key": "p-9"}, actor=house.officer
            )  # fmt: skip
