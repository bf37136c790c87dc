"""GOAL 3: from released to final — the outbox alone beside its bound and its alternatives, then the whole way to a bank.

The bound is a bare outbox (no seal, no audit, no trigger): SKIP LOCKED, a hundred a claim, two durable commits a batch.
The alternatives handle one payment at a time: by the ORM, or by one Celery task each.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg2

from benchmarks import rig
from kernel import clock

BATCH = 100
_CLAIM = """
    UPDATE bench_outbox SET state = 'sending' WHERE id IN (
        SELECT id FROM bench_outbox WHERE state = 'queued' ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED) RETURNING id
"""
_RECORD = "UPDATE bench_outbox SET state = 'accepted' WHERE id = ANY(%s)"


def connection_id() -> int:
    """The one bank connection."""
    from masterdata import selectors

    return int(selectors.visible_connections(selectors.system_scope())[0].pk)


def ours(count: int) -> float:
    """Claim and record through payments.services: seals opened, audit written, triggers asked; payments/s."""
    from payments.outcomes import ReportedOutcome
    from payments.services import instructions

    own, done = connection_id(), 0
    began = time.perf_counter()
    while claims := instructions.claim_batches(connection_id=own, limit=1, lease_s=600):
        for claim in claims:
            outcomes = [
                ReportedOutcome(bank_ref=i.bank_ref, fate="accepted") for i in claim.instructions
            ]
            done += instructions.record_outcomes(claim=claim, outcomes=outcomes)
    took = time.perf_counter() - began
    if done != count:
        raise AssertionError(f"{done} recorded, {count} were queued")
    return count / took


def by_orm(count: int) -> float:
    """One payment at a time by the ORM, no seal and no audit: lock, save, commit, then the same for the answer; payments/s."""
    from django.db import transaction

    from payments.models import PaymentInstruction

    ids = list(PaymentInstruction.objects.order_by("pk").values_list("pk", flat=True)[:count])

    def step(pk: int, name: str) -> None:
        with transaction.atomic():
            row = PaymentInstruction.objects.select_for_update().get(pk=pk)
            row.move(name)
            row.save_changes()

    began = time.perf_counter()
    for pk in ids:
        step(pk, "claim")
        step(pk, "accept")
    return len(ids) / (time.perf_counter() - began)


def fill_outbox(url: str, count: int) -> None:
    """A bare table of queued rows."""
    rig.execute(
        url,
        "DROP TABLE IF EXISTS bench_outbox",
        "CREATE TABLE bench_outbox (id bigint PRIMARY KEY, state text NOT NULL, payload text NOT NULL)",
        f"INSERT INTO bench_outbox SELECT n, 'queued', repeat('x', 600) FROM generate_series(1, {count}) AS n",
        "CREATE INDEX ON bench_outbox (id) WHERE state = 'queued'",
        "VACUUM ANALYZE bench_outbox",
    )


def bound(url: str, count: int) -> float:
    """The bare outbox, one connection; payments/s."""
    fill_outbox(url, count)
    connection = psycopg2.connect(url)
    done = 0
    began = time.perf_counter()
    with connection.cursor() as cursor:
        while True:
            cursor.execute(_CLAIM, [BATCH])
            ids = [pk for (pk,) in cursor.fetchall()]
            connection.commit()
            if not ids:
                break
            cursor.execute(_RECORD, [ids])
            connection.commit()
            done += len(ids)
    took = time.perf_counter() - began
    connection.close()
    return done / took


def by_celery(url: str, count: int, home: Path) -> float:
    """One Celery task per payment, two processes, one durable commit each over the bare outbox; payments/s."""
    from yqlink.servers import Valkey

    fill_outbox(url, count)
    valkey = Valkey(home, os.environ)
    valkey.start()
    env = os.environ | {"BENCH_BROKER": valkey.url, "BENCH_DATABASE": url}
    options = "worker -c 2 -P prefork --loglevel ERROR --without-gossip --without-mingle --without-heartbeat"
    command = [sys.executable, "-m", "celery", "-A", "benchmarks.one_task_each", *options.split()]
    with (home / "celery.log").open("w") as log:
        worker = subprocess.Popen(command, env=env, cwd=rig.ROOT, stdout=log, stderr=log)
    try:
        os.environ |= {"BENCH_BROKER": valkey.url, "BENCH_DATABASE": url}
        from benchmarks.one_task_each import pay

        connection = psycopg2.connect(url)
        pay.delay(1)
        wait(lambda: left_now(connection) < count, 60)  # the worker is up
        began = time.perf_counter()
        for number in range(2, count + 1):
            pay.delay(number)
        wait(lambda: left_now(connection) == 0, 120)
        took = time.perf_counter() - began
        connection.close()
    except TimeoutError:
        raise RuntimeError(
            f"celery did not do its tasks: {(home / 'celery.log').read_text()[-2000:]}"
        ) from None
    finally:
        worker.terminate()
        worker.wait(20)
        valkey.stop()
    return (count - 1) / took


def left_now(connection: Any) -> int:
    """How many are not done."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM bench_outbox WHERE state <> 'accepted'")
        found = int(cursor.fetchone()[0])
    connection.commit()
    return found


def wait(is_so: Callable[[], bool], limit_s: float) -> None:
    """Wait until something is so. Raises TimeoutError."""
    until = time.monotonic() + limit_s
    while not is_so():
        if time.monotonic() > until:
            raise TimeoutError
        time.sleep(0.02)


class Bank:
    """The simulated bank without its delays."""

    def __init__(self, home: Path, accounts: Path, clock_file: Path) -> None:
        command = [
            sys.executable,
            "-m",
            "bankadapters.simulator",
            "--bank",
            "boc",
            "--port",
            "0",
            "--no-delays",
        ]
        command += [
            "--data",
            str(home),
            "--accounts",
            str(accounts),
            "--clock-file",
            str(clock_file),
        ]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=rig.ROOT)
        line = self.process.stdout.readline() if self.process.stdout else ""
        self.url = line.split()[-1]

    def get(self, name: str) -> Any:
        """One page of its control interface."""
        import httpx

        parts = urlsplit(self.url)
        return httpx.get(f"http://{parts.netloc}/_sim/{name}", timeout=60, trust_env=False).json()

    def close(self) -> None:
        """Stop it."""
        self.process.terminate()
        self.process.wait(10)
        if self.process.stdout:
            self.process.stdout.close()


def bare_bank(bank: Bank, count: int) -> float:
    """The limit: the same messages worded by hand, one keep-alive connection, no books of ours; payments/s."""
    from tests.bankadapters.simulator.client import Sim

    client = Sim(Path("/"), url=bank.url)
    client.sign_on()
    refs = [f"BARE{number:08d}" for number in range(count)]
    day = f"{clock.today():%Y%m%d}"
    began = time.perf_counter()
    for start in range(0, count, BATCH):
        client.pay(refs[start : start + BATCH], trfdate=day)
    found: dict[str, str] = {}
    for start in range(0, count, 50):
        found |= client.inquire(refs[start : start + 50])
    took = time.perf_counter() - began
    client.http.close()
    if set(found.values()) != {"B001"}:
        raise AssertionError(f"the bare client was answered {sorted(set(found.values()))}")
    return count / took


def whole_way(bank: Bank, count: int, clock_file: Path) -> tuple[float, float]:
    """dispatch.tick, then inquiry.tick, until every payment is final: (payments/s sent, payments/s final)."""
    from bankbridge.services import dispatch, inquiry
    from masterdata.models import BankProfile, Connection
    from payments.models import PaymentInstruction

    Connection.objects.update(
        endpoints={"main": bank.url}, parallel_max=4, connect_timeout_s=10, read_timeout_s=60
    )
    BankProfile.objects.update(inquiry_items_max=50)
    rows = PaymentInstruction.objects.all()
    began = time.perf_counter()
    while rows.filter(state="queued").exists():
        dispatch.tick()
    sent = time.perf_counter() - began
    until = time.monotonic() + 300
    while rows.filter(final_at__isnull=True).exists():
        clock.set_offset(clock_file, clock.now() + timedelta(seconds=60))
        inquiry.tick()
        if time.monotonic() > until:
            raise TimeoutError("payments did not come to their end")
    took = time.perf_counter() - began
    if rows.count() != count:
        raise AssertionError("payments were lost")
    return count / sent, count / took


def main() -> int:
    """One way, in a process of its own."""
    parser = rig.size_arguments()
    parser.add_argument("--way", choices=("ours", "orm", "wire", "bare"), required=True)
    parser.add_argument("--home", type=Path)
    options = parser.parse_args()
    rig.setup_django()
    if options.way == "ours":
        found = [rig.Line("ours", ours(options.size), "payments/s"), rig.memory("outbox")]
    elif options.way == "orm":
        found = [rig.Line("orm", by_orm(options.size), "payments/s")]
    else:
        clock_file, home = Path(os.environ["CLOCK_FILE"]), options.home / options.way
        bank = Bank(home, options.home / "accounts.json", clock_file)
        try:
            if options.way == "bare":
                found = [rig.Line("bare", bare_bank(bank, options.size), "payments/s")]
            else:
                sent, final = whole_way(bank, options.size, clock_file)
                found = [
                    rig.Line("sent", sent, "payments/s"),
                    rig.Line("final", final, "payments/s"),
                ]
                found += [rig.memory("dispatch and inquiry"), *_agreed(bank, options.size)]
        finally:
            bank.close()
    rig.tell(found)
    return 0


def _agreed(bank: Bank, count: int) -> list[rig.Line]:
    """Speed without agreement is worth nothing. Raises AssertionError."""
    from payments.models import PaymentInstruction

    debits = [debit["insid"] for debit in bank.get("ledger")["debits"]]
    paid = PaymentInstruction.objects.filter(state="succeeded").count()
    if len(debits) != len(set(debits)) or len(debits) != paid:
        raise AssertionError(
            f"{len(debits)} debits of {len(set(debits))} payments, {paid} succeeded"
        )
    failed = PaymentInstruction.objects.filter(state="failed").count()
    if paid + failed != count:
        raise AssertionError(f"{paid} succeeded and {failed} failed of {count}")
    rest = f"of {count}, {failed} refused by the bank"
    return [rig.Line("payments whose debit the bank's books hold once", float(paid), rest)]


def run(url: str, *, payments: int, home: Path) -> list[rig.Line]:
    """All ways over copies of one database of released orders."""
    clock_file, accounts = home / "clock", home / "accounts.json"
    base = rig.database(url, "bench_queue")
    furnished = rig.furnish(base, orders=payments, clock_file=clock_file, accounts=accounts)

    def child(way: str, size: int) -> list[rig.Line]:
        own = rig.database(url, f"bench_{way}", template="bench_queue")
        arguments = ("--way", way, "--size", str(size), "--home", str(home))
        return rig.child("benchmarks.dispatch", own, *arguments, clock_file=clock_file)

    mine, peak = child("ours", payments)
    orm = child("orm", min(payments, 1000))[0].value
    limit = bound(rig.database(url, "bench_bound"), max(payments, 20_000))
    each = by_celery(rig.database(url, "bench_celery"), min(payments, 2000), home)
    sent, final, wire_peak, agreed = child("wire", payments)
    bare = child("bare", payments)[0].value
    unit = "payments/s"
    return [
        rig.Line(f"{payments:,} orders through five pairs of hands", payments / furnished, "orders/s", "with migrations"),
        rig.Line("outbox: claim + record, sealed and audited", mine.value, unit, "bare outbox", limit, mine.value / limit, 0.36),
        rig.Line("outbox: claim + record", mine.value, unit, "one Celery task each, bare", each, mine.value / each, 30),
        rig.Line("outbox: claim + record", mine.value, unit, "one by one, ORM, unsealed", orm, mine.value / orm),
        rig.Line(peak.what, peak.value, "MB"),
        rig.Line("released → accepted, loopback HTTP", sent.value, unit, "goal in figures", 20_000, sent.value / 20_000, 1),
        rig.Line("released → final, loopback HTTP", final.value, unit, "same messages, no books", bare, final.value / bare),
        agreed,
        rig.Line(wire_peak.what, wire_peak.value, "MB"),
    ]  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
