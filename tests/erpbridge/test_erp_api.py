"""Payment orders in, results out, over HTTP as a finance system calls."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from erpbridge.models import Inbox, Outbox
from erpbridge.services import publish
from masterdata.models import ApiClient, Company
from masterdata.roles import RIGHTS, Role
from masterdata.services.people import issue_client
from payments.models import PaymentOrder
from tests.build import a_company, an_account, tell_balance
from tests.build_payments import World, act, fresh

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def key(world: World) -> str:
    """The Authorization header of a client that makes for company 1000."""
    from django.db import transaction

    with transaction.atomic():
        issued = issue_client(
            name="U8",
            source_system="u8",
            companies=[world.company],
            rights=RIGHTS[Role.MAKER],
            acts_for=world["maker"],
        )
    return f"YQ {issued.client.key_id}:{issued.secret.reveal()}"


def an_item(world: World, **changes: Any) -> dict[str, Any]:
    return {
        "doc_type": "付款申请单", "doc_no": "FK1", "line_no": "1", "company_code": "1000",
        "payer_account": world.account.number, "payee_code": world.payee_code, "payee_name": "江阴恒源化工有限公司",
        "payee_account": world.payee_number, "payee_bank": "中国工商银行", "cnaps": "102100099996", "currency": "CNY",
        "amount": "1234.50", "purpose": "货款", "wish_date": "2026-11-24",
    } | changes  # fmt: skip


def post(key: str, items: list[Any], idempotency: str = "k1") -> Any:
    return Client().post(
        "/api/v1/payment-orders",
        {"items": items},
        content_type="application/json",
        headers={"Authorization": key, "Idempotency-Key": idempotency},
    )


class TestPostPaymentOrders:
    def test_makes_and_submits_orders_for_the_clients_maker(self, world: World, key: str) -> None:
        reply = post(
            key, [an_item(world), an_item(world, line_no="2", amount="7.00", purpose="运费")]
        )

        assert reply.status_code == 201, reply.content
        assert [one["state"] for one in reply.json()["orders"]] == [
            "pending_check",
            "pending_check",
        ]
        assert {order.maker for order in PaymentOrder.objects.all()} == {world["maker"]}

    def test_replays_the_first_answer(self, world: World, key: str) -> None:
        first, second = post(key, [an_item(world)]), post(key, [an_item(world)])

        assert second.json() == first.json()
        assert second.headers["Idempotent-Replay"] == "true"
        assert PaymentOrder.objects.count() == 1

    def test_refuses_another_body_under_the_same_key(self, world: World, key: str) -> None:
        post(key, [an_item(world)])

        reply = post(key, [an_item(world, amount="9.99")])

        assert (reply.status_code, reply.json()["code"]) == (409, "key_reused")

    def test_the_same_document_under_a_new_key_gives_the_same_order(
        self, world: World, key: str
    ) -> None:
        first, second = post(key, [an_item(world)], "a"), post(key, [an_item(world)], "b")

        assert second.json()["orders"][0]["order_no"] == first.json()["orders"][0]["order_no"]
        assert PaymentOrder.objects.count() == 1

    def test_the_same_document_with_other_content_is_a_conflict(
        self, world: World, key: str
    ) -> None:
        post(key, [an_item(world)], "a")

        reply = post(key, [an_item(world, amount="9.99")], "b")

        assert reply.status_code == 409
        assert reply.json()["errors"][0]["code"] == "erp_key_taken"

    def test_names_each_field_in_fault_and_makes_nothing(self, world: World, key: str) -> None:
        reply = post(
            key, [an_item(world), an_item(world, line_no="2", amount="0", cnaps="104100000005")]
        )

        errors = {(error["row"], error["field"]) for error in reply.json()["errors"]}
        assert reply.status_code == 422
        assert errors == {(2, "amount"), (2, "cnaps")}
        assert all(error["message_zh"] and error["message_en"] for error in reply.json()["errors"])
        assert not PaymentOrder.objects.exists()

    @pytest.mark.parametrize(
        "items", [[], [{}] * 101, ["x"], [{"colour": "red"}], [{"amount": ["1"]}]], ids=range(5)
    )
    def test_refuses_what_has_no_shape(self, world: World, key: str, items: list[Any]) -> None:
        assert post(key, items).status_code == 422

    def test_refuses_amounts_that_are_not_exact(self, world: World, key: str) -> None:
        assert post(key, [an_item(world, amount=1234.5)]).status_code == 422

    def test_wants_an_idempotency_key(self, world: World, key: str) -> None:
        assert post(key, [an_item(world)], "").json()["code"] == "idempotency_key"

    @pytest.mark.parametrize("header", ["", "YQ a:b", "Bearer x"])
    def test_refuses_strangers(self, world: World, header: str) -> None:
        assert post(header, [an_item(world)]).status_code in (401, 403)
        assert not Inbox.objects.exists()

    def test_a_company_out_of_scope_looks_unknown(self, world: World, key: str) -> None:
        Company.objects.create(code="2000", name="别家", short_name="别家", path="/999/")

        reply = post(key, [an_item(world, company_code="2000")])

        assert [error["field"] for error in reply.json()["errors"]] == ["company_code"]


class TestReading:
    def test_pages_through_orders_with_a_cursor(self, world: World, key: str) -> None:
        post(
            key,
            [
                an_item(world, line_no=str(n), amount=f"{n}.00", purpose=f"货款{n}")
                for n in range(1, 6)
            ],
        )
        client, seen, after = Client(headers={"Authorization": key}), [], ""

        for _ in range(3):
            page = client.get(f"/api/v1/payment-orders?limit=2&after={after}").json()
            seen += [order["line_no"] for order in page["results"]]
            after = page["next"]

        assert seen == ["5", "4", "3", "2", "1"]
        assert after == ""

    @pytest.mark.parametrize(
        "asked",
        [
            "payment-orders?after="
            + "WyI5OTk5OTk5OTk5OTk5OTk5OTk5OTk5Il0",  # ["9999999999999999999999"]
            "payment-orders?after=" + "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OQ",  # a bare number
            "payment-orders?after=" + "W" * 5000,
            "payment-orders?after=%C2%B2",
            "payment-orders?limit=0",
            "payment-orders?limit=99999999999999999999999",
            "payment-orders?import=99999999999999999999999",
            "payment-orders?import=%C2%B2",
            "payment-orders?from=2026-13-01",
            "payment-results?after=99999999999999999999999",
            "statement-entries?after=WyI5OTk5LTEyLTMxIiwiMSJ9",
            "statement-entries?after=WyIyMDI2LTExLTIzVDA5OjMwOjAwKzA4OjAwIiwiOTk5OTk5OTk5OTk5OTk5OTk5OTk5OTkiXQ",
        ],
        ids=range(12),
    )
    def test_what_no_row_could_have_is_refused_and_breaks_nothing(
        self, world: World, key: str, asked: str
    ) -> None:
        reply = Client(headers={"Authorization": key}).get(f"/api/v1/{asked}")

        assert reply.status_code == 422, reply.content
        assert reply.json()["message_zh"]

    def test_an_absent_order_is_404(self, world: World, key: str) -> None:
        reply = Client(headers={"Authorization": key}).get("/api/v1/payment-orders/P404")

        assert (reply.status_code, reply.json()["code"]) == (404, "not_found")


class TestResults:
    def test_publishes_each_state_once_under_one_message_id(self, world: World, key: str) -> None:
        post(key, [an_item(world)])

        first, again = publish.publish(), publish.publish()

        assert (first, again) == (1, 0)
        order = PaymentOrder.objects.get()
        act("check", order, world["checker"])
        assert publish.publish() == 1
        assert Outbox.objects.values("message_id").distinct().count() == 2

    def test_gives_results_after_a_cursor_until_acknowledged(self, world: World, key: str) -> None:
        post(key, [an_item(world)])
        publish.publish()
        client = Client(headers={"Authorization": key})

        page = client.get("/api/v1/payment-results?open=true").json()
        (result,) = page["results"]
        acked = client.post(
            "/api/v1/payment-results/ack",
            {"message_ids": [result["message_id"]]},
            content_type="application/json",
        )

        assert result["payload"]["state"] == fresh(PaymentOrder.objects.get()).shown_state
        assert acked.json() == {"acknowledged": 1}
        assert client.get("/api/v1/payment-results?open=true").json()["results"] == []
        assert client.get(f"/api/v1/payment-results?after={page['next']}").json()["results"] == []


class TestStatements:
    def test_balances_and_entries_answer_only_the_callers_companies(
        self, world: World, key: str
    ) -> None:
        client = Client(headers={"Authorization": key})
        tell_balance(an_account(company=a_company(), number="320766259999"))

        balances, entries = (
            client.get("/api/v1/balances"),
            client.get("/api/v1/statement-entries?limit=1"),
        )

        assert [one["account"] for one in balances.json()["results"]] == [world.account.number]
        assert entries.json() == {"results": [], "next": ""}
        assert client.get("/api/v1/statement-entries?after=%21").status_code == 422
        assert Client().get("/api/v1/balances").status_code in (401, 403)

    def test_a_subsidiarys_system_of_the_same_name_reads_and_acknowledges_nothing_of_others(
        self, world: World, key: str
    ) -> None:
        post(key, [an_item(world)])
        publish.publish()
        other = Company.objects.create(code="8000", name="他公司", short_name="他", path="/x/")
        ApiClient.objects.get().companies.set([other])
        client = Client(headers={"Authorization": key})

        page = client.get("/api/v1/payment-results").json()
        acked = client.post(
            "/api/v1/payment-results/ack",
            {"message_ids": [Outbox.objects.get().message_id]},
            content_type="application/json",
        )

        assert page["results"] == []
        assert acked.json() == {"acknowledged": 0}
