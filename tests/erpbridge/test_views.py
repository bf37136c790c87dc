"""Style 2: a view that changed stops the bridge before a row is read; a reader sees its companies, writes nothing, asks not long."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from django.db import connection

from desk.models import ExceptionCase
from erpbridge.styles import db
from masterdata.models import Company
from payments.models import PaymentOrder
from tests.build_payments import a_draft
from tests.erpbridge.lanes import Lane, an_item, open_lane

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def lane(world: Any, tmp_path: Path) -> Iterator[Lane]:
    with open_lane("db", world, tmp_path) as found:
        yield found


def theirs(*statements: str) -> None:
    with connection.cursor() as cursor:
        for one in statements:
            cursor.execute(one)


def read(lane: Lane, sql: str) -> list[Any]:
    with lane.side.platform() as own, own.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


class TestFingerprint:
    @pytest.mark.parametrize(
        ("change", "told"),
        [
            (
                "CREATE OR REPLACE VIEW theirs.v_payment_request AS SELECT *, 1 AS extra FROM theirs.payment_request",
                "多了 extra",
            ),
            (
                "DROP VIEW theirs.v_payment_request; CREATE VIEW theirs.v_payment_request AS "
                "SELECT row_id, doc_no, amount FROM theirs.payment_request",
                "少了 cash_flow_item",
            ),
            (
                "DROP VIEW theirs.v_payment_request; ALTER TABLE theirs.payment_request ALTER amount TYPE text; "
                "CREATE VIEW theirs.v_payment_request AS SELECT * FROM theirs.payment_request",
                "amount 由 VARCHAR(300) 变为 TEXT",
            ),
            ("DROP VIEW theirs.v_payment_request", "不存在"),
        ],
    )
    def test_a_changed_view_stops_reading_and_says_what_differs(self, lane, change, told):
        lane.side.send([an_item(lane.world)], key="k1")
        theirs(change)

        lane.pump()

        lane.system.refresh_from_db()
        assert told in lane.system.last_error
        assert not PaymentOrder.objects.exists()
        assert ExceptionCase.objects.filter(kind="erp.lane_down", closed_at=None).exists()

    def test_agreed_again_it_goes_on_where_it_was(self, lane):
        lane.ask([an_item(lane.world)], key="k1")
        theirs(
            "DROP VIEW theirs.v_payment_request; ALTER TABLE theirs.payment_request ALTER amount TYPE text; "
            "CREATE VIEW theirs.v_payment_request AS SELECT * FROM theirs.payment_request"
        )
        lane.side.send([an_item(lane.world, doc_no="FK2", purpose="二")], key="k2")
        lane.pump()
        during = PaymentOrder.objects.count()

        db.agree(lane.system)
        lane.pump()

        assert during == 1
        assert lane.side.answer("k2")["results"][0]["status"] == "OK"

    def test_a_view_with_columns_nobody_knows_is_not_agreed(self, lane):
        theirs(
            "CREATE OR REPLACE VIEW theirs.v_payment_request AS SELECT *, 1 AS extra FROM theirs.payment_request"
        )

        with pytest.raises(db.ViewChanged, match="extra"):
            db.agree(lane.system)


class TestReading:
    def test_a_row_that_shows_late_under_a_lower_number_is_not_missed(self, lane):
        theirs("SELECT setval('theirs.payment_request_row_id_seq', 10)")
        lane.ask([an_item(lane.world)], key="k1")
        theirs("SELECT setval('theirs.payment_request_row_id_seq', 2)")

        answer = lane.ask([an_item(lane.world, doc_no="FK2", purpose="二")], key="k2")

        assert answer["results"][0]["status"] == "OK"

    def test_a_row_changed_over_there_is_refused_not_followed(self, lane):
        lane.ask([an_item(lane.world)], key="k1")
        theirs("UPDATE theirs.payment_request SET amount = '9.99'")

        lane.pump()

        assert lane.side.answer("k1")["results"][0]["errors"][0]["code"] == "erp_key_taken"
        assert PaymentOrder.objects.get().amount == 1234.50

    def test_more_rows_than_one_page_are_all_read(self, lane):
        items = [
            an_item(lane.world, line_no=str(n), amount=f"{n}.00", purpose=f"款{n}")
            for n in range(1, 701)
        ]

        lane.ask(items, key="k1")

        assert PaymentOrder.objects.count() == 700


class TestReaders:
    def test_sees_its_own_systems_payments_of_its_companies_only(self, lane):
        lane.ask([an_item(lane.world)], key="k1")
        a_draft(lane.world)
        before = read(lane, "SELECT order_no FROM v_payment_status")
        other = Company.objects.create(code="2000", name="别家", short_name="别家", path="/2/")
        lane.client.companies.set([other])

        after = read(lane, "SELECT order_no FROM v_payment_status")

        assert (len(before), after) == (1, [])

    @pytest.mark.parametrize(
        "sql",
        [
            "SELECT * FROM public.payments_paymentorder",
            "SELECT * FROM public.masterdata_user",
            "DELETE FROM erp_v1.v_request",
            "CREATE TABLE erp_v1.mine (id int)",
            "SET default_transaction_read_only = off; INSERT INTO erp_v1.v_balance VALUES (1)",
        ],
    )
    def test_reaches_no_table_and_writes_nothing(self, lane, sql):
        with pytest.raises(psycopg2.Error):
            read(lane, sql)

    def test_asks_for_thirty_seconds_at_most(self, lane):
        assert read(lane, "SHOW statement_timeout") == [("30s",)]

    def test_a_function_in_a_condition_learns_nothing_of_hidden_rows(self, lane):
        lane.ask([an_item(lane.world)], key="k1")
        lane.client.companies.clear()

        assert read(lane, "SELECT 1 FROM v_payment_status WHERE 1 / (amount - 1234.50) > 0") == []

    @pytest.mark.parametrize(
        ("view", "rows"), [("v_statement_entry", 0), ("v_balance", 1), ("v_voucher", 0)]
    )
    def test_every_view_answers(self, lane, view, rows):
        assert len(read(lane, f"SELECT * FROM {view}")) == rows
