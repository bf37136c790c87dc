"""The exception centre follows the states of payments: what wants a person is there, with owner, age, next step and acts."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import Client

from audit.models import Entry
from desk import casework
from desk.models import CaseNote, ExceptionCase
from kernel.errors import Conflict, NotAllowed, NotFound
from masterdata.models import Company, Membership, User
from masterdata.selectors import scope_of
from payments.models import PaymentOrder
from payments.services import instructions, orders
from tests.build_payments import answer, claim, released, sent, submitted

pytestmark = pytest.mark.django_db(transaction=True)


def open_kinds(subject: object) -> set[str]:
    return set(
        ExceptionCase.objects.filter(subject_id=str(subject.pk), closed_at=None).values_list(
            "kind", flat=True
        )
    )


def the_case(kind: str) -> ExceptionCase:
    return ExceptionCase.objects.get(kind=kind)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


class TestFollowStates:
    @pytest.mark.parametrize(
        ("fate", "kind"),
        [
            ("", "payments.unknown"),
            ("manual_handling", "payments.manual_handling"),
            ("failed", "payments.failed"),
            ("returned", "payments.returned"),
        ],
    )
    def test_a_state_that_wants_a_person_opens_its_case(self, world, fate, kind):
        row = sent(world, fate)

        assert open_kinds(row) == {kind}

    @pytest.mark.parametrize("fate", ["accepted", "succeeded"])
    def test_the_ordinary_way_opens_none(self, world, fate):
        sent(world, fate)

        assert not ExceptionCase.objects.exists()

    def test_leaving_the_state_closes_the_case_with_what_became_of_it(self, world):
        row = sent(world, "")

        answer(row, "succeeded")

        case = the_case("payments.unknown")
        assert case.closed_at is not None
        assert (case.outcome, case.closed_by) == ("支付成功", None)

    def test_a_payment_that_goes_on_to_another_such_state_changes_cases(self, world):
        row = answer(sent(world, ""), "manual_handling")

        answer(row, "failed")

        assert open_kinds(row) == {"payments.failed"}

    def test_a_held_order_has_a_case_until_it_is_lifted(self, world):
        submitted(world, amount=Decimal("88.00"), purpose="货款")
        with pytest.raises(orders.Held):
            submitted(world, amount=Decimal("88.00"), purpose="货款")
        case = the_case("payments.order_held")
        held = PaymentOrder.objects.get(pk=case.subject_id)

        orders.lift_hold(
            order_id=held.pk, version=held.version, actor=world["treasurer"], why="两张不同发票"
        )

        assert held.order_no in case.title
        assert not open_kinds(held)

    def test_many_lost_at_once_open_one_case_each(self, world):
        rows = [released(world) for _ in range(3)]
        batch = claim(world)

        instructions.record_outcomes(claim=batch, outcomes=[])

        assert [open_kinds(row) for row in rows] == [{"payments.unknown"}] * 3


class TestCasework:
    def test_taking_noting_and_closing_leaves_a_trail(self, world):
        sent(world, "failed")
        case, who = the_case("payments.failed"), world["maker"]
        scope = scope_of(who)

        casework.take_case(case_id=case.pk, actor=who, scope=scope)
        casework.add_note(case_id=case.pk, text="已联系供应商", actor=who, scope=scope)
        casework.close_by_hand(case_id=case.pk, text="改用承兑汇票", actor=who, scope=scope)

        case.refresh_from_db()
        assert (case.owner, case.closed_by, case.outcome) == (who, who, "改用承兑汇票")
        assert list(CaseNote.objects.values_list("act", flat=True)) == ["taken", "remark", "closed"]
        assert Entry.objects.filter(event="desk.case.closed", why="改用承兑汇票").count() == 1

    def test_a_case_that_ends_with_its_fact_is_not_closed_by_hand(self, world):
        sent(world, "")
        who = world["treasurer"]

        with pytest.raises(Conflict, match="不能手工关闭"):
            casework.close_by_hand(
                case_id=the_case("payments.unknown").pk,
                text="已付",
                actor=who,
                scope=scope_of(who),
            )

    def test_another_companys_case_looks_absent_and_a_viewer_may_not_work(self, world):
        sent(world, "")
        case = the_case("payments.unknown")
        other = Company.objects.create(code="9000", name="别家", short_name="别家", path="/9/")
        stranger = User.objects.create(username="stranger", person_key="stranger")
        Membership.objects.create(user=stranger, company=other, role="treasurer")
        viewer = User.objects.create(username="viewer", person_key="viewer")
        Membership.objects.create(user=viewer, company=world.company, role="viewer")

        with pytest.raises(NotFound):
            casework.take_case(case_id=case.pk, actor=stranger, scope=scope_of(stranger))
        with pytest.raises(NotAllowed):
            casework.take_case(case_id=case.pk, actor=viewer, scope=scope_of(viewer))

    def test_only_its_owner_gives_a_case_back(self, world):
        sent(world, "")
        case = the_case("payments.unknown")
        first, second = world["treasurer"], world["treasurer2"]
        casework.take_case(case_id=case.pk, actor=first, scope=scope_of(first))

        with pytest.raises(NotAllowed):
            casework.give_back(case_id=case.pk, text="不归我", actor=second, scope=scope_of(second))
        casework.give_back(case_id=case.pk, text="休假", actor=first, scope=scope_of(first))

        case.refresh_from_db()
        assert case.owner is None


class TestPages:
    def test_the_list_shows_payment_amount_age_and_next_question(self, world, frozen_clock):
        row = sent(world, "")
        frozen_clock.advance(hours=1, minutes=5)

        page = signed_in(world["treasurer"]).get("/cases/").content.decode()

        assert row.order.order_no in page
        assert f"{row.amount:,.2f}" in page
        assert "1 小时 5 分" in page
        assert "自动向银行查询" in page

    def test_the_cases_page_offers_what_the_viewer_may_do(self, world):
        row = sent(world, "failed")
        address = f"/cases/{the_case('payments.failed').pk}/"

        makers = signed_in(world["maker"]).get(address).content.decode()
        viewers = signed_in(world["approver"]).get(address).content.decode()

        again = f"/payments/orders/{row.order.order_no}/reissue/"
        assert again in makers
        assert again not in viewers

    def test_a_note_typed_on_the_page_is_kept(self, world):
        sent(world, "")
        case = the_case("payments.unknown")
        client = signed_in(world["treasurer"])

        client.post(f"/cases/{case.pk}/act/", {"do": "take"})
        page = client.post(
            f"/cases/{case.pk}/act/", {"do": "note", "text": "<b>已致电</b>"}, follow=True
        ).content.decode()

        assert "&lt;b&gt;已致电&lt;/b&gt;" in page
        assert "treasurer" in page

    def test_filters_by_owner_state_and_kind(self, world):
        sent(world, "")
        answer(sent(world, ""), "succeeded")
        client = signed_in(world["treasurer"])

        assert client.get("/cases/?state=closed").content.decode().count("data-id=") == 1
        assert client.get("/cases/?kind=payments.unknown").content.decode().count("data-id=") == 1
        assert client.get("/cases/?owner=nobody").content.decode().count("data-id=") == 1
        assert client.get("/cases/?owner=somebody").content.decode().count("data-id=") == 0
        assert client.get("/cases/?state=all&export=xlsx").status_code == 200
