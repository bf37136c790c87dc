"""What no database keeps is refused by its row, and holds up neither its delivery nor its lane; one bad row is its own."""

from __future__ import annotations

import pytest

from erpbridge.contract import Delivery, Kind
from erpbridge.models import Inbox
from erpbridge.services import taking
from kernel import clock
from payments.models import PaymentOrder
from tests.build_payments import World, a_world
from tests.erpbridge.holding import a_list, document, take
from tests.erpbridge.lanes import an_item, codes, faults, statuses

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(db: None, frozen_clock: clock.fixed) -> World:
    return a_world()


class TestTake:
    def test_a_changed_line_among_many_is_refused_by_itself_and_says_so(self, own):
        take(own, Kind.PAYMENT_REQUEST, [an_item(own.world)], key="K1")
        both = [an_item(own.world, amount="1.00"), an_item(own.world, doc_no="FK2", purpose="二")]

        answer = take(own, Kind.PAYMENT_REQUEST, both, key="K2")

        (error,) = answer["results"][0]["errors"]
        assert statuses(answer) == ["ERR", "OK"]
        assert (error["code"], error["row"]) == ("erp_key_taken", 1)
        assert "整个清单未导入" not in error["message_zh"]

    @pytest.mark.parametrize("text", ["a\x00b", "a\ud800b"])
    def test_names_row_and_field_and_takes_the_others(self, own, text):
        items = [an_item(own.world), an_item(own.world, doc_no="FK2", purpose=text)]

        answer = take(own, Kind.PAYMENT_REQUEST, items)

        assert statuses(answer) == ["OK", "ERR"]
        assert faults(answer) == {(2, "purpose")}
        assert PaymentOrder.objects.count() == 1
        assert Inbox.objects.get().faults == 1

    @pytest.mark.parametrize(
        ("kind", "item"),
        [
            (Kind.VOUCHER_ACK, {"company_code": "1000", "posting_key": "x\x00", "result": "OK"}),
            (Kind.MASTER_DATA, {"kind": "supplier", "code": "S\x001", "name": "x"}),
            (Kind.RECEIPT, {"message_id": "\x00"}),
            (Kind.PAYMENT_REQUEST, {"doc\x00": "x"}),
            (Kind.PAYMENT_REQUEST, {"purpose": {"a": ["\x00"]}}),
        ],
    )
    def test_does_so_for_everything_that_comes_in(self, own, kind, item):
        assert codes(take(own, kind, [item])) == {"characters"}

    def test_does_so_for_a_list_of_what_is_held(self, own):
        assert codes(take(own, Kind.HOLDING, a_list(document("a\x00b")))) == {"characters"}

    def test_a_delivery_that_wants_all_or_none_is_refused_whole(self, own):
        items = [an_item(own.world), an_item(own.world, doc_no="a\x00")]

        reply, _ = taking.take(
            client=own.client,
            delivery=Delivery(Kind.PAYMENT_REQUEST, "K1", items, style="api", is_whole=True),
        )

        assert (reply.status, PaymentOrder.objects.count()) == (422, 0)
