"""One suite for every style: whatever carries a delivery, the finance system gets the same answer and the same messages."""

from __future__ import annotations

from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest

from masterdata.models import Company, Counterparty, CounterpartyAccount
from payments.models import PaymentOrder
from tests.erpbridge.lanes import an_item, codes, faults, statuses

pytestmark = pytest.mark.django_db(transaction=True)


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
