"""Who read what: examiners' pages and card numbers shown in full."""

from __future__ import annotations

import pytest
from django.test import Client

from audit.models import Entry
from desk.formats import account_html
from desk.reading import is_card, noting
from kernel import clock
from masterdata.models import Membership
from tests.build_payments import World, a_payee, a_world, submitted
from yqlink.reading import CARD, PAGE

pytestmark = pytest.mark.django_db

CARD_NO = "6222021001116245702"


@pytest.fixture
def world(frozen_clock) -> World:
    world = a_world()
    Membership.objects.create(user=world["checker2"], company=world.company, role="auditor")
    return world


def browser(world: World, who: str) -> Client:
    client = Client()
    client.force_login(world[who])
    return client


def read(event: str) -> list[Entry]:
    return list(Entry.objects.filter(event=event).order_by("pk"))


class TestExaminers:
    def test_every_page_they_open_is_in_the_trail_once_with_who_where_and_when(self, world):
        order = submitted(world)

        browser(world, "checker2").get(
            f"/payments/orders/{order.order_no}/", {"desk": "check"}, REMOTE_ADDR="10.1.2.3"
        )

        (entry,) = read(PAGE)
        assert entry.after == {"path": f"/payments/orders/{order.order_no}/", "query": "desk=check"}
        assert (entry.actor_id, entry.at) == (world["checker2"].pk, clock.now())
        assert "10.1.2.3" in entry.origin

    def test_what_refreshes_itself_and_what_was_refused_is_no_reading(self, world):
        examiner = browser(world, "checker2")
        examiner.get("/board/")
        for _ in range(3):
            examiner.get("/board/", HTTP_X_POLL="1")
        examiner.get("/payments/orders/P99999999999/")
        examiner.get("/payments/create/")

        assert [one.after for one in read(PAGE)] == [{"path": "/board/"}]

    def test_nobody_reads_unseen_by_calling_it_a_refresh(self, world):
        browser(world, "checker2").get("/payments/orders/", HTTP_X_POLL="1")

        assert [one.after for one in read(PAGE)] == [{"path": "/payments/orders/"}]

    def test_others_work_without_such_a_record(self, world):
        browser(world, "maker").get("/payments/orders/")

        assert read(PAGE) == []

    def test_the_trail_keeps_readings_apart_from_acts(self, world):
        submitted(world)
        examiner = browser(world, "checker2")
        examiner.get("/payments/status/")

        acts = examiner.get("/audit/").content.decode()
        readings = examiner.get("/audit/", {"reads": "reads"}).content.decode()

        assert ("payments.order.submitted" in acts, PAGE in acts) == (True, False)
        assert ("payments.order.submitted" in readings, PAGE in readings) == (False, True)
        assert "/payments/status/" in readings


class TestCardNumbers:
    def test_whoever_sees_one_in_full_is_written_down_with_the_page_and_never_the_number(
        self, world
    ):
        payee = a_payee(world, code="E1", number=CARD_NO, name="张三")

        page = browser(world, "maker").get(f"/masterdata/payees/{payee.pk}/")

        (entry,) = read(CARD)
        assert "6222 0210 0111 6245 702" in page.content.decode()
        assert entry.after == {
            "path": f"/masterdata/payees/{payee.pk}/",
            "cards": ["6222 **** 5702"],
            "count": 1,
        }
        assert (entry.actor_id, CARD_NO in str(entry.after)) == (world["maker"].pk, False)

    def test_a_masked_one_and_a_companys_account_are_not(self, world):
        a_payee(world, code="E1", number=CARD_NO, name="张三")
        submitted(world)

        browser(world, "maker").get("/payments/orders/")
        with noting() as numbers:
            account_html(CARD_NO)
            account_html("320766254501", full=True)

        assert read(CARD) == []
        assert not numbers

    def test_the_api_tells_too(self, world):
        a_payee(world, code="E1", number=CARD_NO, name="张三")
        submitted(world, payee_code="E1", payee_number=CARD_NO, payee_name="张三")

        browser(world, "maker").get("/api/v1/payment-orders")

        (entry,) = read(CARD)
        assert entry.after["cards"] == ["6222 **** 5702"]

    @pytest.mark.parametrize(
        ("number", "is_one"),
        [(CARD_NO, True), (CARD_NO[:-1], True), ("62" * 10, False), ("320766254501", False), ("", False)],
    )  # fmt: skip
    def test_a_card_has_16_to_19_digits_and_begins_with_62(self, number, is_one):
        assert is_card(number) is is_one
