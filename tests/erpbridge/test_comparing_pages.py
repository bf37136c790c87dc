"""财务系统对账 on its pages: both sides, the bank, what to do; compared again, told again, exported; by right and company."""

from __future__ import annotations

from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from django.test import Client
from openpyxl import load_workbook

from erpbridge.models import Comparison
from erpbridge.services import comparing, publish
from kernel import clock
from kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound
from masterdata.roles import Role
from tests.build import a_company, a_user
from tests.build_payments import World, a_world
from tests.erpbridge.holding import compared, document, order_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(db: None, frozen_clock: clock.fixed) -> World:
    return a_world()


class TestTellAgain:
    def test_wants_a_reason_the_right_and_the_company(self, own, frozen_clock, accountant):
        order_of(own)
        publish.publish()
        frozen_clock.advance(hours=2)
        made = compared(own, {"what": "nothing"})
        viewer = a_user(Role.VIEWER, company=own.world.company)
        stranger = a_user(Role.RECONCILER, company=a_company("2000"))

        for actor, why, refusal in [
            (accountant, " ", InvalidInput),
            (viewer, "x", NotAllowed),
            (stranger, "x", NotFound),
        ]:
            with pytest.raises(refusal):
                comparing.tell_again(comparison_id=made.pk, actor=actor, why=why)

    def test_nothing_is_told_where_telling_is_no_remedy(self, own, accountant):
        made = compared(own, document("FK9"))

        with pytest.raises(Conflict):
            comparing.tell_again(comparison_id=made.pk, actor=accountant, why="x")


def browse(user: Any) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


class TestPages:
    def test_show_both_sides_the_bank_and_what_to_do(self, own, frozen_clock, accountant):
        order = order_of(own, "succeeded")
        frozen_clock.advance(hours=2)
        made = compared(own, document(state="open"))
        page = browse(accountant)

        told = page.get(f"/erp/compare/{made.pk}/").content.decode()
        listed = page.get("/erp/compare/").content.decode()

        for words in ("状态不一致", "待对账单", "重新告知", order.order_no, "FK1"):
            assert words in told
        assert "U8" in listed

    def test_the_export_names_reason_and_remedy(self, own, accountant):
        compared(own, document("FK9"))

        for nonsense in ("abc", "9" * 30, "-1"):
            address = f"/erp/compare/differences/?run={nonsense}"
            assert browse(accountant).get(address).status_code == 200
        answer = browse(accountant).get("/erp/compare/differences/?export=xlsx")

        sheet = load_workbook(BytesIO(answer.getvalue())).active
        cells = [str(cell) for row in sheet.iter_rows(values_only=True) for cell in row]
        assert any("平台没有此单" in one for one in cells)
        assert any("只会成为一笔付款" in one for one in cells)

    def test_comparing_again_takes_the_newest_list(self, own, accountant):
        made = compared(own, document("FK9"))

        answer = browse(accountant).post(f"/erp/compare/{made.pk}/again/")

        newest = Comparison.objects.latest("pk")
        assert answer.headers["Location"].endswith(f"/erp/compare/{newest.pk}/")
        assert (newest.pk > made.pk, newest.made_by) == (True, accountant)
        assert newest.found.get().their_amount == Decimal("1234.50")

    def test_another_companys_comparison_is_not_there(self, own):
        made = compared(own, document("FK9"))
        stranger = browse(a_user(Role.RECONCILER, company=a_company("2000")))

        assert stranger.get(f"/erp/compare/{made.pk}/").status_code == 404
        assert "FK9" not in stranger.get("/erp/compare/differences/").content.decode()
