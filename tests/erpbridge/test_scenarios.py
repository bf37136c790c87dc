"""One suite for every style: whatever carries a delivery, the finance system gets the same answer and the same messages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from desk.models import ExceptionCase
from erpbridge.models import Inbox, Outbox
from kernel.clock import fixed
from ledger.models import Voucher
from ledger.services import posting
from masterdata.models import Company, Counterparty, CounterpartyAccount
from payments.models import PaymentOrder
from statements import services as statements
from tests.build_payments import World, act, claim, fresh, say, submitted
from tests.erpbridge.lanes import LANES, Lane, an_item, open_lane
from tests.ledger.build import a_fact, a_template
from tests.statements.rows import a_line

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(params=sorted(LANES))
def lane(request: pytest.FixtureRequest, world: World, tmp_path: Path) -> Iterator[Lane]:
    with open_lane(request.param, world, tmp_path) as lane:
        yield lane


def statuses(answer: dict[str, Any]) -> list[str]:
    return [one["status"] for one in answer["results"]]


def faults(answer: dict[str, Any]) -> set[tuple[int, str]]:
    return {(error["row"], error["field"]) for one in answer["results"] for error in one["errors"]}


def codes(answer: dict[str, Any]) -> set[str]:
    return {error["code"] for one in answer["results"] for error in one["errors"]}


class TestGoodRequests:
    def test_becomes_an_order_waiting_for_its_checker(self, lane):
        answer = lane.ask([an_item(lane.world)], key="k1")

        (order,) = PaymentOrder.objects.all()
        assert answer["results"] == [
            {"row": 1, "status": "OK", "ours": order.order_no, "state": "pending_check", "errors": []}
        ]  # fmt: skip
        assert (order.source_system, order.maker, order.amount) == (
            "u8",
            lane.world["maker"],
            Decimal("1234.50"),
        )

    @pytest.mark.parametrize("count", [2, 100, 101, 250])
    def test_many_lines_become_as_many_orders(self, lane, count):
        items = [
            an_item(lane.world, line_no=str(n), amount=f"{n}.00", purpose=f"货款{n}")
            for n in range(1, count + 1)
        ]

        answer = lane.ask(items, key="k1")

        assert statuses(answer) == ["OK"] * count
        assert len({one["ours"] for one in answer["results"]}) == count
        assert sum(order.amount for order in PaymentOrder.objects.all()) == sum(range(count + 1))

    @pytest.mark.parametrize(
        "changes",
        [
            {"amount": "1,234.50"},
            {"amount": "１２３４.５０"},
            {"amount": "1234.5"},
            {"wish_date": "2026/11/24"},
            {"wish_date": "20261124"},
            {"urgent": "是"},
            {"urgent": "否"},
            {"payer_account": "3207 6625 4501"},
            {"payee_name": "江阴恒源化工有限公司 "},
            {"line_no": None},
            {"payee_bank": None},
            {"remark": "合同HT001"},
            {"purpose": "货款（尾款）"},
            {"gl_subject": "220201", "cash_flow_item": "购买商品"},
            {"invoice_no": "INV-7"},
        ],
        ids=str,
    )
    def test_takes_the_usual_ways_of_writing(self, lane, changes):
        assert statuses(lane.ask([an_item(lane.world, **changes)], key="k1")) == ["OK"]

    def test_rare_characters_arrive_as_they_were_written(self, lane):
        answer = lane.ask([an_item(lane.world, purpose="㛃䶮𬱖款")], key="k1")

        assert statuses(answer) == ["OK"]
        assert PaymentOrder.objects.get().purpose == "㛃䶮𬱖款"

    def test_what_looks_like_a_formula_is_only_text(self, lane):
        lane.ask([an_item(lane.world, remark="@SUM(A1)")], key="k1")

        assert PaymentOrder.objects.get().remark == "@SUM(A1)"


class TestRepeats:
    def test_the_same_delivery_again_gets_the_first_answer(self, lane):
        first = lane.ask([an_item(lane.world)], key="k1")

        again = lane.ask([an_item(lane.world)], key="k1")

        assert again == first
        assert PaymentOrder.objects.count() == 1

    def test_the_same_document_in_another_delivery_is_the_same_order(self, lane):
        first = lane.ask([an_item(lane.world)], key="k1")

        again = lane.ask([an_item(lane.world)], key="k2")

        assert statuses(again) == ["DUP"]
        assert again["results"][0]["ours"] == first["results"][0]["ours"]
        assert PaymentOrder.objects.count() == 1

    def test_the_same_key_with_other_items_is_refused(self, lane):
        if lane.style == "db":
            pytest.skip("rows of a view have no delivery number")
        lane.ask([an_item(lane.world)], key="k1")

        assert lane.ask([an_item(lane.world, amount="9.99")], key="k1") == {"refused": "key_reused"}
        assert PaymentOrder.objects.get().amount == Decimal("1234.50")

    def test_the_same_document_with_other_content_is_an_error_of_its_row(self, lane):
        lane.ask([an_item(lane.world)], key="k1")

        answer = lane.ask(
            [an_item(lane.world, amount="9.99"), an_item(lane.world, doc_no="FK2", amount="2.00")],
            key="k2",
        )

        assert statuses(answer) == ["ERR", "OK"]
        assert codes(answer) == {"erp_key_taken"}

    def test_the_same_line_twice_in_one_delivery_is_one_order(self, lane):
        answer = lane.ask([an_item(lane.world), an_item(lane.world)], key="k1")

        assert answer["results"][0]["status"] == "OK"
        assert PaymentOrder.objects.count() == 1

    def test_two_documents_that_look_alike_leave_the_second_on_hold(self, lane):
        answer = lane.ask([an_item(lane.world), an_item(lane.world, doc_no="FK2")], key="k1")

        assert [one["state"] for one in answer["results"]] == ["pending_check", "held"]

    def test_a_refused_line_may_be_sent_again_mended(self, lane):
        bad = lane.ask([an_item(lane.world, amount="0")], key="k1")

        good = lane.ask([an_item(lane.world)], key="k2")

        assert (statuses(bad), statuses(good)) == (["ERR"], ["OK"])


BAD = [
    ({"amount": "0"}, "amount"),
    ({"amount": "-5.00"}, "amount"),
    ({"amount": "abc"}, "amount"),
    ({"amount": "1.234"}, "amount"),
    ({"amount": "1.23E+5"}, "amount"),
    ({"amount": "99999999999999.00"}, "amount"),
    ({"amount": None}, "amount"),
    ({"currency": "RMB"}, "currency"),
    ({"currency": "USD"}, "currency"),
    ({"cnaps": "104100000005"}, "cnaps"),
    ({"cnaps": "12"}, "cnaps"),
    ({"company_code": "9999"}, "company_code"),
    ({"company_code": None}, "company_code"),
    ({"payer_account": "320700000000"}, "payer_account"),
    ({"payee_account": "6.22E+11"}, "payee_account"),
    ({"payee_account": "62三"}, "payee_account"),
    ({"payee_account": None}, "payee_account"),
    ({"payee_name": None}, "payee_name"),
    ({"wish_date": "2026-13-01"}, "wish_date"),
    ({"wish_date": "2020-01-01"}, "wish_date"),
    ({"wish_date": "明天"}, "wish_date"),
    ({"urgent": "也许"}, "urgent"),
    ({"doc_no": None}, "doc_no"),
    ({"doc_no": "X" * 41}, "doc_no"),
    ({"purpose": "长" * 201}, "purpose"),
]


class TestBadRequests:
    @pytest.mark.parametrize(("changes", "field"), BAD, ids=lambda value: str(value)[:40])
    def test_names_row_and_field_and_makes_nothing(self, lane, changes, field):
        answer = lane.ask([an_item(lane.world, **changes)], key="k1")

        assert statuses(answer) == ["ERR"]
        assert (1, field) in faults(answer)
        assert not PaymentOrder.objects.exists()

    def test_a_bad_row_holds_up_no_good_one(self, lane):
        items = [
            an_item(lane.world, line_no="1", amount="1.00", purpose="甲"),
            an_item(lane.world, line_no="2", amount="x"),
            an_item(lane.world, line_no="3", amount="3.00", purpose="乙"),
        ]

        answer = lane.ask(items, key="k1")

        assert statuses(answer) == ["OK", "ERR", "OK"]
        assert PaymentOrder.objects.count() == 2

    def test_every_fault_of_a_row_is_told_at_once(self, lane):
        answer = lane.ask([an_item(lane.world, amount="0", cnaps="1", doc_no=None)], key="k1")

        assert faults(answer) >= {(1, "amount"), (1, "cnaps"), (1, "doc_no")}

    def test_messages_are_in_both_languages(self, lane):
        answer = lane.ask([an_item(lane.world, amount="0")], key="k1")

        (error,) = answer["results"][0]["errors"]
        assert error["message_zh"]
        assert error["message_en"]

    def test_a_field_nobody_knows_is_named(self, lane):
        if lane.style in ("table", "db"):
            pytest.skip("a table has no column for it: the database refuses the sender")

        answer = lane.ask([an_item(lane.world, colour="red")], key="k1")

        assert codes(answer) == {"unknown_field"}

    def test_an_empty_delivery_is_refused(self, lane):
        assert lane.ask([], key="k1") == {"refused": "items_count"}

    def test_another_companys_account_looks_unknown(self, lane):
        Company.objects.create(code="2000", name="别家", short_name="别家", path="/2/")

        answer = lane.ask([an_item(lane.world, company_code="2000")], key="k1")

        assert (1, "company_code") in faults(answer)

    def test_a_client_switched_off_changes_nothing(self, lane):
        lane.client.is_active = False
        lane.client.save()

        with suppress(OSError):
            lane.side.send([an_item(lane.world)], key="k1")
        lane.pump()

        assert not PaymentOrder.objects.exists()


class TestMasterData:
    def supplier(self, **changes: Any) -> dict[str, Any]:
        return {
            "kind": "supplier", "code": "V90001", "name": "无锡新源材料有限公司", "account": "6222000099",
            "bank": "中国工商银行", "cnaps": "102100099996",
        } | changes  # fmt: skip

    def test_a_new_supplier_waits_for_another_person_to_confirm_its_account(self, lane):
        answer = lane.ask([self.supplier()], key="m1", kind="master_data")

        partner = Counterparty.objects.get(code="V90001")
        account = CounterpartyAccount.objects.get(counterparty=partner)
        assert statuses(answer) == ["OK"]
        assert (partner.origin, str(account.state)) == ("u8", "staged")

    def test_the_same_again_changes_nothing(self, lane):
        lane.ask([self.supplier()], key="m1", kind="master_data")

        answer = lane.ask([self.supplier()], key="m2", kind="master_data")

        assert statuses(answer) == ["DUP"]
        assert CounterpartyAccount.objects.filter(number="6222000099").count() == 1

    def test_a_changed_name_is_a_new_version(self, lane):
        lane.ask([self.supplier()], key="m1", kind="master_data")
        before = Counterparty.objects.get(code="V90001").version

        lane.ask([self.supplier(name="无锡新源新材料有限公司")], key="m2", kind="master_data")

        partner = Counterparty.objects.get(code="V90001")
        assert (partner.name, partner.version) == ("无锡新源新材料有限公司", before + 1)

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"code": ""}, "code"),
            ({"name": ""}, "name"),
            ({"uscc": "91350100M000100Y4Z"}, "uscc"),
            ({"cnaps": "102100099997"}, "cnaps"),
            ({"kind": "pirate"}, "kind"),
        ],
    )
    def test_a_faulty_supplier_is_named(self, lane, changes, field):
        answer = lane.ask([self.supplier(**changes)], key="m1", kind="master_data")

        assert (1, field) in faults(answer)
        assert not Counterparty.objects.filter(code="V90001").exists()


def pay(lane: Lane, fate: str) -> PaymentOrder:
    """Walk the one order of the world to what the bank answered."""
    from payments.services import instructions

    order = PaymentOrder.objects.get()
    act("check", order, lane.world["checker"])
    act("release", order, lane.world["releaser"])
    batch = claim(lane.world)
    row = fresh(order).instruction
    assert row is not None
    instructions.record_outcomes(
        claim=batch, outcomes=[say(row, fate, bank_serial="B1")] if fate else []
    )
    return fresh(order)


class TestResults:
    def test_every_state_is_told_once_under_its_own_id(self, lane):
        lane.ask([an_item(lane.world)], key="k1")
        lane.pump()
        pay(lane, "succeeded")
        lane.pump()

        told = lane.side.fetch()

        assert [one["state"] for one in told][-1] == "succeeded"
        assert len({one["message_id"] for one in told}) == len(told)
        assert told[-1]["bank_serial"] == "B1"

    @pytest.mark.parametrize(
        ("fate", "state"),
        [("failed", "failed"), ("", "unknown"), ("returned", "returned"), ("accepted", "accepted")],
    )
    def test_tells_what_the_bank_said_and_never_more(self, lane, fate, state):
        lane.ask([an_item(lane.world)], key="k1")
        pay(lane, fate)
        lane.pump()

        assert lane.side.fetch()[-1]["state"] == state

    def test_an_acknowledged_message_is_marked_and_acknowledging_again_changes_nothing(self, lane):
        if lane.style == "db":
            pytest.skip("who only reads cannot acknowledge")
        lane.ask([an_item(lane.world)], key="k1")
        lane.pump()
        told = [one["message_id"] for one in lane.side.fetch()]

        lane.side.acknowledge(told)
        lane.pump()
        lane.side.acknowledge(told)
        lane.pump()

        assert not Outbox.objects.filter(acked_at=None).exists()

    def test_an_unknown_message_id_marks_nothing(self, lane):
        lane.ask([an_item(lane.world)], key="k1")
        lane.pump()

        lane.side.acknowledge(["P0000-1"])
        lane.pump()

        assert Outbox.objects.filter(acked_at=None).exists()

    def test_orders_made_by_hand_are_not_told(self, lane):
        submitted(lane.world)

        lane.pump()

        assert lane.side.fetch() == []

    def test_all_documents_and_amounts_come_back(self, lane):
        items = [
            an_item(lane.world, line_no=str(n), amount=f"{n}.05", purpose=f"款{n}")
            for n in range(1, 31)
        ]
        lane.ask(items, key="k1")
        lane.pump()

        told = {one["line_no"]: one["amount"] for one in lane.side.fetch()}

        assert told == {str(n): f"{n}.05" for n in range(1, 31)}


@pytest.fixture
def voucher(lane: Lane) -> Voucher:
    """A posted voucher of the lane's company, told to its system."""
    lane.system.settings |= {"kinds": ["payment_result", "voucher", "statement"]}
    lane.system.save()
    a_template()
    with transaction.atomic():
        (booked,) = posting.post([a_fact(lane.world.account)])
    lane.pump()
    return booked.voucher


def ack(voucher: Voucher, **changes: str) -> dict[str, str]:
    return {
        "company_code": "1000", "posting_key": voucher.posting_key, "result": "OK", "erp_voucher_no": "记-0042",
    } | changes  # fmt: skip


class TestVouchers:
    def test_every_line_is_told_with_its_sides(self, lane, voucher):
        if lane.style == "db":
            pytest.skip("stands in v_voucher")

        lines = [one for one in lane.side.fetch() if one.get("posting_key") == voucher.posting_key]

        assert [(one["subject"], one["debit"], one["credit"]) for one in lines] == [
            ("2202", "1268400.00", "0.00"),
            ("1002.01", "0.00", "1268400.00"),
        ]

    def test_the_number_it_was_booked_under_confirms_it_once(self, lane, voucher):
        first = lane.ask([ack(voucher)], key="v1", kind="voucher_ack")
        again = lane.ask([ack(voucher)], key="v2", kind="voucher_ack")

        voucher.refresh_from_db()
        assert (statuses(first), statuses(again)) == (["OK"], ["DUP"])
        assert (voucher.state, voucher.erp_voucher_no) == ("acked", "记-0042")

    def test_a_refusal_leaves_it_unconfirmed_with_a_case(self, lane, voucher):
        lane.ask(
            [ack(voucher, result="ERR", erp_voucher_no="", reason="科目 2202 已停用")],
            key="v1",
            kind="voucher_ack",
        )

        voucher.refresh_from_db()
        assert voucher.state == "posted"
        assert "2202" in ExceptionCase.objects.get(kind="erp.voucher_refused").reason

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"posting_key": "nobody:1"}, "posting_key"),
            ({"company_code": "9999"}, "company_code"),
            ({"result": "MAYBE"}, "result"),
        ],
    )
    def test_an_acknowledgement_of_nothing_is_named(self, lane, voucher, changes, field):
        answer = lane.ask([ack(voucher, **changes)], key="v1", kind="voucher_ack")

        voucher.refresh_from_db()
        assert (1, field) in faults(answer)
        assert voucher.state == "posted"


class TestStatements:
    def test_every_entry_is_told_once(self, lane):
        lane.system.settings |= {"kinds": ["statement"]}
        lane.system.save()
        lines = [a_line("S1", "10.00"), a_line("S2", "20.00", direction="credit")]
        statements.record_entries(account_id=lane.world.account.pk, lines=lines, exchange_id=None)
        lane.pump()
        lane.pump()

        if lane.style == "db":
            assert Outbox.objects.filter(kind="statement").count() == 2
            return
        told = [(one["bank_serial"], one["direction"], one["amount"]) for one in lane.side.fetch()]
        assert sorted(told) == [("S1", "debit", "10.00"), ("S2", "credit", "20.00")]


class TestTrail:
    def test_every_delivery_is_kept_with_its_answer_and_encrypted(self, lane):
        lane.ask([an_item(lane.world, amount="0"), an_item(lane.world, line_no="2")], key="k1")

        (row,) = Inbox.objects.all()
        assert (row.style, row.items, row.faults, row.status) == (lane.style, 2, 1, 200)
        assert lane.world.payee_number.encode() not in bytes(row.content)

    def test_clock_moved_on_a_day_the_same_key_is_still_the_same(self, lane, frozen_clock: fixed):
        first = lane.ask([an_item(lane.world, wish_date="2026-12-31")], key="k1")
        frozen_clock.advance(days=3)

        again = lane.ask([an_item(lane.world, wish_date="2026-12-31")], key="k1")

        assert again == first
