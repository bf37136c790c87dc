"""Requests a finance system hands over, in each of the five styles: accepted durably, beside bare inserts of the same rows.

Both ends are the real ones: the finance system's program speaks over a signed HTTP call, a TLS socket, files, tables or views;
accepted means that its order is committed and its answer read. Nothing may be lost: the rows handed over are counted as orders.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

from benchmarks import rig
from yqlink.processes import free_port

STYLES = ("api", "db", "file", "tcp", "table")
BATCH = 100
BURST_BATCH = 500


def items(count: int) -> Iterator[dict[str, str]]:
    """Payments of the demo group, each of its own amount and document."""
    from yqlink.management import demo

    payee, cnaps = demo.PAYEES[0], demo.PAYEES[0].cnaps
    account = next(spec for spec in demo.ACCOUNTS if spec.is_linked)
    for number in range(1, count + 1):
        yield {
            "doc_type": "付款申请单", "doc_no": f"B{number // 50:07d}", "line_no": str(number % 50 + 1),
            "company_code": account.company, "payer_account": account.number, "payee_code": payee.code,
            "payee_name": payee.name, "payee_account": payee.number, "cnaps": cnaps, "currency": "CNY",
            "amount": f"{number}.{number % 100:02d}", "purpose": f"货款{number}", "wish_date": _today(),
        }  # fmt: skip


def _today() -> str:
    from kernel import clock

    return clock.today().isoformat()


class _Quiet(WSGIRequestHandler):
    """Says nothing of each request."""

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@contextlib.contextmanager
def _serving(style: str, folder: Path, web_port: int, tcp_port: int) -> Iterator[None]:
    """The platform's end where it serves: HTTP or TCP under TLS."""
    if style == "api":
        from django.core.handlers.wsgi import WSGIHandler

        application = WSGIHandler()
        server: Any = make_server("127.0.0.1", web_port, application, handler_class=_Quiet)
    elif style == "tcp":
        from erpbridge.tcp_server import Server, server_context

        tls = folder / "erp" / "tls"
        context = server_context(
            certificate=tls / "platform.pem",
            private=tls / "platform.key",
            authority=tls / "authority.pem",
        )
        server = Server(("127.0.0.1", tcp_port), context=context)
    else:
        yield
        return
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


@contextlib.contextmanager
def _both_ends(style: str, home: Path) -> Iterator[tuple[Any, Any]]:
    """The finance system's side of a style, and our system row."""
    from django.core.management import call_command

    from erpbridge.models import ErpSystem
    from erpbridge.simulator.books import Books
    from erpbridge.simulator.opening import open_side
    from yqlink.management.commands.seed_erp import NAME

    web_port, tcp_port = free_port(), free_port()
    call_command(
        "seed_erp", style=style, profile="generic", folder=home,
        web_url=f"http://127.0.0.1:{web_port}", tcp_port=tcp_port,
    )  # fmt: skip
    told = json.loads((home / "erp" / "connection.json").read_text("utf-8"))[style]
    books = Books(home / "books.sqlite")
    with _serving(style, home, web_port, tcp_port):
        side = open_side(style, "generic", told, books=books, clock=_clock())
        yield side, ErpSystem.objects.get(name=NAME)
    books.close()


def _clock() -> Any:
    from erpbridge.simulator.opening import Clock

    name = os.environ.get("CLOCK_FILE", "")
    return Clock(Path(name) if name else None)


def _poll(style: str, system: Any) -> None:
    """Ticks until nothing more is answered."""
    from erpbridge import registry

    if style in registry.STYLES:
        lane = registry.lane(style)
        while lane.poll(system):
            pass


def _hand_over(
    style: str, side: Any, system: Any, rows: Sequence[dict[str, str]], batch: int
) -> None:
    keys = []
    for start in range(0, len(rows), batch):
        keys.append(f"b{start}")
        side.send(rows[start : start + batch], key=keys[-1])
    _poll(style, system)
    for key in keys:
        answer = side.answer(key)
        if answer is None or any(
            one["status"] != "OK" for one in answer.get("results", ({"status": "?"},))
        ):
            raise SystemExit(f"{style}: {key} was answered {str(answer)[:300]}")


def bare_inserts(count: int) -> float:
    """The bound: so many orders, ready made, into a table with the same columns and indexes, BATCH a transaction; seconds."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE bench_orders (LIKE payments_paymentorder INCLUDING ALL EXCLUDING IDENTITY)"
        )
        cursor.execute("SELECT min(id), max(id) FROM payments_paymentorder")
        first, last = cursor.fetchone()

        def insert() -> None:
            for start in range(first, last + 1, BATCH):
                cursor.execute(
                    "INSERT INTO bench_orders SELECT * FROM payments_paymentorder WHERE id >= %s AND id < %s",
                    [start, start + BATCH],
                )

        took = rig.timed(insert)
        cursor.execute("SELECT count(*) FROM bench_orders")
        copied = cursor.fetchone()[0]
        cursor.execute("DROP TABLE bench_orders")
    return took * count / copied


def measure(style: str, count: int, *, batch: int = BATCH) -> list[rig.Line]:
    """One style: requests a second, beside bare inserts."""
    from payments.models import PaymentOrder

    before = PaymentOrder.objects.count()
    rows = list(items(count))
    with tempfile.TemporaryDirectory(prefix="yqlink-bench-") as home, _both_ends(style, Path(home)) as (side, system):  # fmt: skip
        took = rig.timed(lambda: _hand_over(style, side, system, rows, batch))
    made = PaymentOrder.objects.count() - before
    bare = bare_inserts(count)
    name = f"{style}: requests accepted durably, {count:,} in deliveries of {batch}"
    return [
        rig.Line(name, count / took, "/s", "bare inserts", count / bare, bare / took),
        rig.Line(f"{style}: orders made of {count:,} requests", made, "", goal=count),
        rig.memory(f"{style}, both ends"),
    ]


def furnish() -> None:
    """The demo group in an empty database, as `make demo` lays it down."""
    from django.core.management import call_command

    from tests import schema

    schema.load(os.environ["DATABASE_URL"])
    call_command("migrate", verbosity=0, interactive=False)
    with tempfile.TemporaryDirectory(prefix="yqlink-bench-") as home:
        os.environ["YQLINK_DEMO_DIR"] = home
        call_command("seed_demo", verbosity=0)


def run(url: str, *, requests: int, burst: int) -> list[rig.Line]:
    """Every style in a process and database of its own, and the burst over the tables."""
    base = "bench_exchange"
    rig.child("benchmarks.exchange", rig.database(url, base), "--size", "0")
    lines = []
    for style in STYLES:
        own = rig.database(url, f"bench_exchange_{style}", template=base)
        lines += rig.child("benchmarks.exchange", own, "--style", style, "--size", str(requests))
        _forget(url)
    own = rig.database(url, "bench_exchange_burst", template=base)
    lines += rig.child(
        "benchmarks.exchange",
        own,
        "--style",
        "table",
        "--size",
        str(burst),
        "--batch",
        str(BURST_BATCH),
    )
    _forget(url)
    return lines


def _forget(url: str) -> None:
    """The finance system's databases, made anew for each style."""
    for name in ("erp_exchange", "erp_own"):
        rig.execute(url, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


if __name__ == "__main__":
    parser = rig.size_arguments()
    parser.add_argument(
        "--style", choices=STYLES, help="none: lay down what all of them begin with"
    )
    parser.add_argument("--batch", type=int, default=BATCH)
    options = parser.parse_args(sys.argv[1:])
    rig.setup_django()
    if options.style is None:
        furnish()
        rig.tell([])
    else:
        rig.tell(measure(options.style, options.size, batch=options.batch))
