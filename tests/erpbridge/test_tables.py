"""Style 5 at its seams: claims, leases, crashes between any two steps, two readers at once, altered rows."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from sqlalchemy import select, text, update
from sqlalchemy.dialects import mssql, mysql, oracle

from erpbridge import tables_sql
from erpbridge.models import Outbox
from erpbridge.services import publish
from erpbridge.styles import table
from erpbridge.styles.foreign import connected
from erpbridge.styles.tables import METADATA, REQUESTS
from kernel import clock
from payments.models import PaymentOrder
from tests.erpbridge.lanes import Lane, an_item, open_lane

pytestmark = pytest.mark.django_db(transaction=True)
REQ = REQUESTS[next(iter(REQUESTS))]


@pytest.fixture
def lane(world: Any, tmp_path: Path) -> Iterator[Lane]:
    with open_lane("table", world, tmp_path) as lane:
        yield lane


def rows(lane: Lane) -> list[Any]:
    with connected(lane.system) as engine, engine.connect() as own:
        return list(own.execute(select(REQ).order_by(REQ.c.id)))


def change(lane: Lane, **values: Any) -> None:
    with connected(lane.system) as engine, engine.begin() as own:
        own.execute(update(REQ).values(**values))


def claim(lane: Lane) -> list[Any]:
    with connected(lane.system) as engine:
        return table.claim(engine, REQ, now=clock.now())


class TestClaim:
    def test_a_delivery_whose_rows_are_not_all_there_waits(self, lane):
        with lane.side.connect() as own, own.cursor() as cursor:
            lane.side.write(cursor, an_item(lane.world), key="k1", rows=2)
            own.commit()
        early = claim(lane)
        with lane.side.connect() as own, own.cursor() as cursor:
            lane.side.write(
                cursor, an_item(lane.world, line_no="2", purpose="二"), key="k1", rows=2
            )
            own.commit()

        assert early == []
        assert len(claim(lane)) == 2

    def test_withdrawn_rows_are_left_alone(self, lane):
        lane.side.send([an_item(lane.world)], key="k1")
        change(lane, status="X")

        lane.pump()

        assert not PaymentOrder.objects.exists()
        assert rows(lane)[0].status == "X"

    def test_what_is_claimed_stays_claimed_until_its_lease_ends(self, lane, frozen_clock):
        lane.side.send([an_item(lane.world)], key="k1")
        claim(lane)
        lane.pump()
        during = PaymentOrder.objects.count()

        frozen_clock.advance(minutes=6)
        lane.pump()

        assert during == 0
        assert PaymentOrder.objects.count() == 1
        assert rows(lane)[0].attempt == 2

    def test_two_readers_never_get_one_delivery(self, lane):
        for number in range(20):
            lane.side.send([an_item(lane.world, doc_no=f"FK{number}")], key=f"k{number}")

        def read(_: int) -> list[int]:
            found = []
            while got := claim(lane):
                found += [row["id"] for row in got]
            return found

        with ThreadPoolExecutor(4) as pool:
            claimed = [pk for part in pool.map(read, range(4)) for pk in part]

        assert sorted(claimed) == sorted(row.id for row in rows(lane))
        assert len(set(claimed)) == 20


class TestCrashes:
    def test_claimed_and_died(self, lane, frozen_clock):
        lane.side.send([an_item(lane.world)], key="k1")
        claim(lane)
        frozen_clock.advance(minutes=6)

        lane.pump()

        assert lane.side.answer("k1")["results"][0]["status"] == "OK"

    def test_taken_and_died_before_the_rows_were_ended(self, lane, frozen_clock):
        first = lane.ask([an_item(lane.world)], key="k1")
        change(
            lane,
            status="C",
            our_no=None,
            our_state=None,
            lease_until=clock.now() + timedelta(minutes=5),
        )
        frozen_clock.advance(minutes=6)

        lane.pump()

        assert lane.side.answer("k1") == first
        assert PaymentOrder.objects.count() == 1

    def test_a_reader_that_lost_its_claim_changes_nothing(self, lane, frozen_clock):
        lane.side.send([an_item(lane.world)], key="k1")
        late = claim(lane)
        frozen_clock.advance(minutes=6)
        claim(lane)

        with connected(lane.system) as engine:
            table._answer(lane.system, engine, next(iter(REQUESTS)), REQ, late)

        assert rows(lane)[0].status == "C"

    def test_a_message_put_but_not_noted_is_put_once(self, lane):
        lane.ask([an_item(lane.world)], key="k1")
        lane.pump()
        before = len(lane.side.fetch())
        Outbox.objects.update(delivered_at=None, next_attempt_at=clock.now())

        lane.pump()

        assert len(lane.side.fetch()) == before

    def test_an_exchange_database_that_is_away_loses_nothing(self, lane):
        lane.ask([an_item(lane.world)], key="k1")
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE exchange.x_payment_res RENAME TO away")
        lane.pump()
        lane.system.refresh_from_db()
        told = lane.system.last_error
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE exchange.away RENAME TO x_payment_res")
        Outbox.objects.update(next_attempt_at=clock.now())

        lane.pump()

        assert "对方数据库" in told
        assert lane.side.fetch()


class TestSignatures:
    def test_a_row_altered_on_its_way_is_refused_and_the_others_taken(self, lane):
        items = [an_item(lane.world), an_item(lane.world, line_no="2", purpose="二")]
        lane.side.send(items, key="k1")
        with connected(lane.system) as engine, engine.begin() as own:
            own.execute(update(REQ).where(REQ.c.line_no == "2").values(amount="99999.00"))

        lane.pump()

        assert [row.status for row in rows(lane)] == ["A", "E"]
        assert rows(lane)[1].err_code == "signature"
        assert PaymentOrder.objects.count() == 1


class TestDialects:
    @pytest.mark.parametrize("dialect", [mssql.dialect(), mysql.dialect(), oracle.dialect()])
    def test_the_tables_can_be_made_in_each(self, dialect):
        from sqlalchemy.schema import CreateTable

        for one in METADATA.sorted_tables:
            assert f"{one.name}" in str(CreateTable(one).compile(dialect=dialect))

    @pytest.mark.parametrize("name", sorted(tables_sql.DIALECTS))
    def test_the_command_prints_what_an_owner_needs(self, name):
        told = StringIO()
        call_command("erp_tables", sql=name, role="erp" if name != "oracle" else None, stdout=told)

        text = told.getvalue()
        assert text.count("CREATE TABLE") == len(METADATA.sorted_tables)
        assert (text.count("GRANT") > 5) == (name != "oracle")

    def test_claims_skip_what_another_reader_holds(self):
        rows_of = (
            select(REQ)
            .with_for_update(skip_locked=True)
            .with_hint(REQ, "WITH (UPDLOCK, READPAST, ROWLOCK)", "mssql")
        )

        assert "SKIP LOCKED" in str(rows_of.compile(dialect=mysql.dialect()))
        assert "READPAST" in str(rows_of.compile(dialect=mssql.dialect()))


def test_publishing_tells_only_its_own_system(lane):
    lane.ask([an_item(lane.world)], key="k1")
    publish.publish()

    assert set(Outbox.objects.values_list("system", flat=True)) == {"u8"}
    with connected(lane.system) as engine, engine.connect() as own:
        assert own.execute(text("SELECT count(*) FROM x_statement")).scalar_one() == 0
