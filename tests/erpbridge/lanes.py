"""A finance system at the other end of each style, for scenarios that read the same whichever carries them."""

from __future__ import annotations

import base64
import json
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg2
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL

from erpbridge import tables_sql
from erpbridge.models import ErpSystem
from erpbridge.services import publish, running, telling
from erpbridge.simulator.sides import db as other_db
from erpbridge.simulator.sides.api import ApiSide
from erpbridge.simulator.sides.base import Side
from erpbridge.simulator.sides.db import DbSide
from erpbridge.simulator.sides.file import FileSide
from erpbridge.simulator.sides.table import TableSide
from erpbridge.simulator.sides.tcp import TcpSide
from erpbridge.styles import foreign
from erpbridge.styles.tables import METADATA
from erpbridge.tcp_server import Server
from kernel import clock, vault
from masterdata.models import ApiClient
from masterdata.roles import RIGHTS, Role
from masterdata.services.people import IssuedKey, issue_client
from tests.build_payments import World

KEY = base64.b64encode(os.urandom(32)).decode()


@dataclass
class Lane:
    """One style ready to talk: the ERP's side of it, and the tick that moves things on ours."""

    style: str
    world: World
    side: Side
    client: ApiClient
    system: ErpSystem | None
    extras: dict[str, Any] = field(default_factory=dict)

    def pump(self) -> None:
        """One tick of ours."""
        publish.publish()
        telling.tell()
        if self.style != "api":
            running.run(self.style)

    def notices(self) -> list[dict[str, Any]]:
        """Arrival notices as this side reads them."""
        if isinstance(self.side, DbSide):
            rows = self.side._read("SELECT * FROM v_arrival_notice", [])
            return [{**row, "amount": f"{row['amount']:.2f}"} for row in rows]
        return [one for one in self.side.fetch() if one.get("notice_no")]

    def ask(
        self, items: Sequence[Mapping[str, Any]], *, key: str, kind: str = "payment_request"
    ) -> Any:
        """Send, tick, and read the answer."""
        self.side.send(items, key=key, kind=kind)
        self.pump()
        return self.side.answer(key)


def a_client(world: World, *, name: str = "U8", rights: frozenset[str] | None = None) -> IssuedKey:
    with transaction.atomic():
        return issue_client(
            name=name,
            source_system="u8",
            companies=[world.company],
            rights=RIGHTS[Role.MAKER] | {"vouchers.acknowledge"} if rights is None else rights,
            acts_for=world["maker"],
        )


def a_system(
    client: ApiClient, style: str, *, secrets: Mapping[str, str] | None = None, **settings: Any
) -> ErpSystem:
    sealed = vault.ring().encrypt(_json(secrets or {"key": KEY}), aad=f"erp.system:{client.name}")
    return ErpSystem.objects.create(
        name=client.name, client=client, style=style, settings=settings, secrets=sealed
    )


def _api(world: World, tmp_path: Path) -> Lane:
    issued = a_client(world)
    authorization = f"YQ {issued.client.key_id}:{issued.secret.reveal()}"
    http = Client()

    def call(
        method: str, path: str, body: Mapping[str, Any] | None, headers: Mapping[str, str]
    ) -> tuple[int, dict[str, Any]]:
        answer = http.generic(
            method,
            path,
            data=_json(body) if body is not None else b"",
            content_type="application/json",
            headers={"Authorization": authorization, **headers},
        )
        return answer.status_code, answer.json()

    def raw(data: bytes, headers: Mapping[str, str]) -> Any:
        return http.generic(
            "POST",
            "/api/v1/payment-orders",
            data=data,
            content_type="application/json",
            headers={"Authorization": authorization, **headers},
        )

    system = a_system(issued.client, "api")
    return Lane("api", world, ApiSide(call), issued.client, system, {"raw": raw})


def _json(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False).encode()


def _file(world: World, tmp_path: Path) -> Lane:
    client = a_client(world).client
    system = a_system(client, "file", root=str(tmp_path / "exchange"))
    side = FileSide(
        tmp_path / "exchange", key=KEY, company="1000", day=lambda: f"{clock.today():%Y%m%d}"
    )
    return Lane("file", world, side, client, system)


def _table(world: World, tmp_path: Path) -> Lane:
    """The exchange tables stand in the test database, in a schema of their own."""
    dsn = _dsn("exchange")
    engine = create_engine(dsn)
    with engine.begin() as own:
        own.execute(text("CREATE SCHEMA IF NOT EXISTS exchange"))
    METADATA.drop_all(engine)
    METADATA.create_all(engine)
    engine.dispose()
    client = a_client(world).client
    system = a_system(client, "table", secrets={"key": KEY, "dsn": dsn})

    side = TableSide(_connector("exchange"), key=KEY)
    return Lane("table", world, side, client, system, {"producer": _producer})


def _producer() -> TableSide:
    """The finance system as the role it would have: granted its own columns and nothing else."""
    role = f"erp_producer_{os.getpid()}"
    with connection.cursor() as cursor:
        cursor.execute(
            f'DROP OWNED BY "{role}"' if _exists(role) else f'CREATE ROLE "{role}" LOGIN'
        )
        cursor.execute(f'GRANT USAGE ON SCHEMA exchange TO "{role}"; SET search_path = exchange')
        for one in tables_sql.grants("postgresql", role):
            cursor.execute(one)
        cursor.execute("RESET search_path")
    return TableSide(_connector("exchange", user=role), key=KEY)


def _exists(role: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
        return cursor.fetchone() is not None


def _dsn(schema: str) -> str:
    """The address of the test database as another system would have it, with a schema of its own in front."""
    told = connection.get_connection_params()
    url = URL.create(
        "postgresql+psycopg2",
        username=told.get("user"),
        password=told.get("password"),
        database=told["dbname"],
        query={"host": str(told.get("host") or ""), "options": f"-csearch_path={schema}"},
    )
    return url.render_as_string(hide_password=False)


def _connector(schema: str, *, user: str = "") -> Callable[[], Any]:
    """Opens the test database as a plain DB-API connection, closed after use."""
    told = connection.get_connection_params()
    words = {name: told.get(name) for name in ("dbname", "user", "password", "host", "port")}
    if user:
        words["user"] = user
    if schema:
        words["options"] = f"-csearch_path={schema}"
    return lambda: closing(psycopg2.connect(**{k: v for k, v in words.items() if v}))


def _tcp(world: World, tmp_path: Path) -> Lane:
    client = a_client(world).client
    system = a_system(client, "tcp", tls=False)
    server = Server(("127.0.0.1", 0), context=None)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    side = TcpSide(server.server_address, system=system.name, key=KEY, now=iso_now)
    return Lane("tcp", world, side, client, system, {"server": server})


def _db(world: World, tmp_path: Path) -> Lane:
    """Their tables stand in a schema of the test database; the role that reads ours belongs to this process alone."""
    reader = f"erp_reader_{os.getpid()}"
    dsn = _dsn("theirs")
    with connection.cursor() as cursor:
        cursor.execute(
            "DROP SCHEMA IF EXISTS theirs CASCADE; CREATE SCHEMA theirs; SET search_path = theirs"
        )
        for one in other_db.tables():
            cursor.execute(one)
        cursor.execute("RESET search_path")
    client = a_client(world).client
    system = a_system(client, "db", secrets={"key": KEY, "dsn": dsn}, reader=reader)
    call_command(
        "erp_views", "--install", "--reader", system.name, "--agree", system.name, stdout=StringIO()
    )
    side = DbSide(_connector("theirs"), _connector("", user=reader))
    return Lane("db", world, side, client, system, {"reader": reader})


def _drop_reader(reader: str) -> None:
    call_command("erp_views", "--drop")
    with connection.cursor() as cursor:
        cursor.execute(f'DROP OWNED BY "{reader}"; DROP ROLE "{reader}"')
        cursor.execute("DROP SCHEMA theirs CASCADE")


def iso_now() -> str:
    return clock.now().isoformat(timespec="seconds")


LANES: dict[str, Callable[[World, Path], Lane]] = {
    "api": _api,
    "file": _file,
    "table": _table,
    "tcp": _tcp,
    "db": _db,
}


@contextmanager
def open_lane(style: str, world: World, tmp_path: Path) -> Iterator[Lane]:
    """A lane, and what it holds open closed after."""
    lane = LANES[style](world, tmp_path)
    try:
        yield lane
    finally:
        foreign.disconnect()
        if reader := lane.extras.get("reader"):
            _drop_reader(reader)
        if server := lane.extras.get("server"):
            server.shutdown()
            server.server_close()


def an_item(world: World, **changes: Any) -> dict[str, Any]:
    """A payment a finance system may ask for; a change to None leaves the field out."""
    item = {
        "doc_type": "付款申请单", "doc_no": "FK1", "line_no": "1", "company_code": "1000",
        "payer_account": world.account.number, "payee_code": world.payee_code, "payee_name": "江阴恒源化工有限公司",
        "payee_account": world.payee_number, "payee_bank": "中国工商银行", "cnaps": "102100099996", "currency": "CNY",
        "amount": "1234.50", "purpose": "货款", "wish_date": "2026-11-24",
    } | changes  # fmt: skip
    return {name: value for name, value in item.items() if value is not None}


def statuses(answer: dict[str, Any]) -> list[str]:
    return [one["status"] for one in answer["results"]]


def faults(answer: dict[str, Any]) -> set[tuple[int, str]]:
    return {(error["row"], error["field"]) for one in answer["results"] for error in one["errors"]}


def codes(answer: dict[str, Any]) -> set[str]:
    return {error["code"] for one in answer["results"] for error in one["errors"]}
