"""The demo's finance system: both ends laid down for each style, and the program at the other end speaks with the platform."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from erpbridge.models import ErpSystem
from erpbridge.services import publish, running
from erpbridge.simulator.books import Books
from erpbridge.simulator.opening import STYLES, Clock, open_side
from erpbridge.simulator.program import Erp
from erpbridge.styles import foreign
from erpbridge.tcp_server import Server, server_context
from kernel import clock
from masterdata.models import User
from payments.models import PaymentOrder
from tests.build_payments import a_world
from tests.erpbridge.lanes import an_item
from yqlink.management import demo
from yqlink.management.commands.seed_erp import NAME, READER
from yqlink.processes import free_port

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def listening(style: str, folder: Path, port: int) -> Iterator[None]:
    """The platform's TCP server with the demo's certificates, where the style wants it."""
    if style != "tcp":
        yield
        return
    tls = folder / "erp" / "tls"
    context = server_context(
        certificate=tls / "platform.pem",
        private=tls / "platform.key",
        authority=tls / "authority.pem",
    )
    with Server(("127.0.0.1", port), context=context) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield
        server.shutdown()


@pytest.fixture
def cleared() -> Iterator[None]:
    yield
    foreign.disconnect()
    call_command("erp_views", drop=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [READER])
        if cursor.fetchone():
            cursor.execute(f"DROP OWNED BY {READER}")
        for name in ("erp_exchange", "erp_own"):
            cursor.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.mark.parametrize("style", STYLES)
def test_both_ends_understand_each_other(style, tmp_path, live_server, cleared):
    world: Any = a_world()
    User.objects.create(username=demo.CLIENT_PERSON.username, person_key="system:u8")
    port = free_port()
    said = {"style": style, "profile": "generic", "folder": tmp_path}
    for _ in range(2):  # the second time nothing changes but the addresses
        call_command("seed_erp", web_url=live_server.url, tcp_port=port, **said)
    path = tmp_path / "erp" / "connection.json"
    books = Books(tmp_path / "books.sqlite")
    books.hold([an_item(world, wish_date=clock.today().isoformat())])
    told = json.loads(path.read_text("utf-8"))[style]

    with listening(style, tmp_path, port):
        erp = Erp(open_side(style, "generic", told, books=books, clock=Clock()), books)
        for _ in range(3):
            erp.tick()
            publish.publish()
            if style != "api":
                running.run(style)

    assert ErpSystem.objects.get(name=NAME).last_error == ""
    assert PaymentOrder.objects.get().source_system == "erp"
    assert [row["numbers"]["order"] for row in books.results()] == [
        PaymentOrder.objects.get().order_no
    ]
    assert path.stat().st_mode & 0o077 == 0
