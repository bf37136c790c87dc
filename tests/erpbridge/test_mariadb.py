"""Style 5 in another vendor's database: the same suite's main rows on MariaDB, and in each dialect who may write what."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pymysql
import pytest
from sqlalchemy import create_engine

from erpbridge import tables_sql
from erpbridge.models import Outbox
from erpbridge.simulator.sides.table import TableSide
from erpbridge.styles import foreign, table
from erpbridge.styles.tables import METADATA, REQUESTS
from kernel import clock
from kernel.clock import fixed
from payments.models import PaymentOrder
from tests.erpbridge import mariadb
from tests.erpbridge.lanes import KEY, Lane, a_client, a_system, an_item, open_lane, statuses

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not mariadb.is_here(), reason="mariadb-server-core is not installed"),
]


@pytest.fixture(scope="module")
def socket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with mariadb.running(tmp_path_factory.mktemp("m")) as path:
        yield path


@pytest.fixture
def lane(world: Any, socket: Path) -> Iterator[Lane]:
    """The exchange tables stand in MariaDB; the finance system comes as a user that was granted its own columns."""
    mariadb.run(
        socket,
        "DROP DATABASE IF EXISTS exchange",
        "CREATE DATABASE exchange CHARACTER SET utf8mb4",
        "CREATE OR REPLACE USER erp@'%' IDENTIFIED BY 'erp'",
    )
    dsn = f"mysql+pymysql://root@localhost/exchange?unix_socket={socket}&charset=utf8mb4"
    engine = create_engine(dsn)
    METADATA.create_all(engine)
    engine.dispose()
    mariadb.run(socket, *tables_sql.grants("mysql", "erp"), database="exchange")
    client = a_client(world).client
    system = a_system(client, "table", secrets={"key": KEY, "dsn": dsn})
    side = TableSide(
        lambda: closing(
            pymysql.connect(
                unix_socket=str(socket), user="erp", password="erp", database="exchange"
            )
        ),
        key=KEY,
    )
    yield Lane("table", world, side, client, system)
    foreign.disconnect()


def test_requests_are_taken_and_results_told_and_acknowledged(lane):
    items = [
        an_item(lane.world, line_no=str(n), amount=f"{n}.05", purpose=f"㛃款{n}")
        for n in range(1, 31)
    ]

    answer = lane.ask([*items, an_item(lane.world, line_no="31", amount="x")], key="k1")
    lane.pump()
    told = lane.side.fetch()
    lane.side.acknowledge([one["message_id"] for one in told])
    lane.pump()

    assert statuses(answer) == ["OK"] * 30 + ["ERR"]
    assert {one["line_no"]: one["amount"] for one in told} == {
        str(n): f"{n}.05" for n in range(1, 31)
    }
    assert not Outbox.objects.filter(acked_at=None).exists()


def test_the_same_again_and_a_changed_one_end_as_over_postgresql(lane):
    first = lane.ask([an_item(lane.world)], key="k1")

    again = lane.ask([an_item(lane.world)], key="k1")
    changed = lane.ask([an_item(lane.world, amount="9.99")], key="k1")

    assert again == first
    assert changed == {"refused": "key_reused"}
    assert PaymentOrder.objects.count() == 1


def test_what_a_reader_claimed_and_left_is_taken_over_once(lane, frozen_clock: fixed):
    lane.side.send([an_item(lane.world)], key="k1")
    with foreign.connected(lane.system) as engine:
        request = next(iter(REQUESTS.values()))
        claimed = table.claim(engine, request, now=clock.now())
        during = table.claim(engine, request, now=clock.now())
    frozen_clock.advance(minutes=6)

    lane.pump()

    assert (len(claimed), during) == (1, [])
    assert statuses(lane.side.answer("k1")) == ["OK"]


@pytest.mark.parametrize("place", ["mariadb", "postgresql"])
@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE x_payment_req SET our_no = 'P1'",
        "UPDATE x_payment_req SET amount = '9.99'",
        "DELETE FROM x_payment_req",
        "INSERT INTO x_payment_req (msg_id, msg_rows, sign, our_no) VALUES ('k', 1, 's', 'P1')",
        "UPDATE x_payment_res SET state = 'succeeded'",
        "INSERT INTO x_payment_res (message_id, item_no, sign) VALUES ('m', 1, 's')",
        "DELETE FROM x_voucher",
    ],
)
def test_each_side_writes_its_own_columns_alone(request, world, tmp_path, place, sql):
    if place == "mariadb":
        lane = request.getfixturevalue("lane")
        _refused(lane.side, sql)
        return
    with open_lane("table", world, tmp_path) as lane:
        _refused(lane.extras["producer"](), sql)


def _refused(side: TableSide, sql: str) -> None:
    """The finance system may send and mark as stored, and may not do this."""
    side.send([{"doc_no": "FK1"}], key="own")
    side.acknowledge(["nobody's"])
    with side.connect() as connection, connection.cursor() as cursor:
        with pytest.raises(Exception, match="denied"):
            cursor.execute(sql)
        connection.rollback()
        cursor.execute("UPDATE x_payment_req SET status = 'X' WHERE msg_id = 'own'")
        connection.commit()
