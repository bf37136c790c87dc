"""A whole platform in small: its database, its workers, a bank, and somebody who cuts wires and kills processes.

    python -m tests.simulation.world --seed 7 --lives 20 [--faults NAME] [--point NAME]

Every life starts from the same released orders, in a database of its own. Two workers send them through a proxy that
kills one of them at the chosen moment; a new one takes its place. The shared clock is moved on whenever nothing is due.
When everything has come to rest, `verdict.judge` compares the platform with the bank's books. Exits 1 on any violation
and keeps the seed in seeds.txt.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg2

from bankadapters.simulator.faults import PROFILES
from kernel import clock
from tests.simulation import house, verdict
from tests.simulation.cast import ROOT, Bank, Crew
from tests.simulation.proxy import ALL_POINTS, Armed, CrashProxy

SEEDS = Path(__file__).with_name("seeds.txt")
ORDERS = 40
LIFE_S = 60.0
QUIET_S = 0.35  # how long the wire is quiet before the clock is moved over a send's lease
_DUE = """
    SELECT min(due), max(due) FILTER (WHERE kind = 'sending') FROM (
        SELECT not_before AS due, 'queued' AS kind FROM payments_paymentinstruction WHERE state = 'queued'
        UNION ALL SELECT next_inquiry_at, 'ask' FROM payments_paymentinstruction
            WHERE state IN ('accepted', 'manual_handling', 'unknown')
        UNION ALL SELECT lease_until, 'sending' FROM payments_paymentinstruction WHERE state = 'sending') AS dues
"""
_OPEN = """
    SELECT bank_ref, state, inquiries FROM payments_paymentinstruction
    WHERE state NOT IN ('succeeded', 'failed', 'returned')
"""


def at_database(url: str, name: str) -> str:
    """The same server's address with another database."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"/{name}"))


def execute(url: str, *statements: str) -> None:
    """Run statements outside a transaction."""
    connection = psycopg2.connect(url)
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
    finally:
        connection.close()


@dataclass(frozen=True)
class Life:
    """What happens in one life."""

    faults: str
    point: str
    seed: int = 1
    kills: int = 2
    slow_s: float = 5.0

    def __str__(self) -> str:
        return f"{self.faults}/{self.point}/{self.seed}"


@dataclass
class Report:
    """How one life went."""

    life: Life
    verdict: verdict.Verdict
    kills: int
    seconds: float
    clock_moved: timedelta = timedelta()
    log: str = ""

    def complaint(self) -> str:
        """What to print when it went wrong."""
        lines = [
            f"{self.life}: {self.kills} kills, {self.seconds:.1f} s",
            *self.verdict.wrong[:20],
            self.log[-3000:],
        ]
        return "\n".join(lines)


class Stage:
    """A migrated, furnished database that every life is copied from, and the process workers are forked from."""

    def __init__(self, url: str, *, orders: int = ORDERS, seed: int = 1) -> None:
        self.url, self.orders, self.seed = url, orders, seed
        self.home = Path(tempfile.mkdtemp(prefix="yqlink-sim-"))
        self.template = f"sim_{os.getpid()}_{seed}"
        self.accounts = self.home / "accounts.json"
        self.lives = 0
        self.forks = multiprocessing.get_context("forkserver")
        self.forks.set_forkserver_preload(["tests.simulation.worker"])

    def __enter__(self) -> Stage:
        clock_file = self.home / "clock"
        clock.set_offset(clock_file, house.START)
        execute(
            self.url,
            f'DROP DATABASE IF EXISTS "{self.template}"',
            f'CREATE DATABASE "{self.template}"',
        )
        warm = self.forks.Process(
            target=int
        )  # the process that workers are forked from does its imports now
        warm.start()
        env = os.environ | {
            "DATABASE_URL": at_database(self.url, self.template),
            "CLOCK_FILE": str(clock_file),
            "DJANGO_SETTINGS_MODULE": "yqlink.settings.test",
            "LOG_LEVEL": "WARNING",
        }
        command = [sys.executable, "-m", "tests.simulation.house", "--orders", str(self.orders)]
        command += ["--seed", str(self.seed), "--accounts", str(self.accounts)]
        done = subprocess.run(
            command, env=env, cwd=ROOT, capture_output=True, text=True, check=False
        )
        warm.join()
        if done.returncode or done.stdout.strip() != str(self.orders):
            raise RuntimeError(f"the house was not built: {done.stdout}\n{done.stderr[-3000:]}")
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(psycopg2.Error):
            execute(self.url, f'DROP DATABASE IF EXISTS "{self.template}" WITH (FORCE)')
        shutil.rmtree(self.home, ignore_errors=True)

    def live(self, life: Life) -> Report:
        """Run one life from beginning to end."""
        self.lives += 1
        name = f"{self.template}_{self.lives}"
        home = self.home / f"life{self.lives}"
        home.mkdir()
        execute(self.url, f'CREATE DATABASE "{name}" TEMPLATE "{self.template}"')
        try:
            with World(self, life, url=at_database(self.url, name), home=home) as world:
                return world.run()
        finally:
            execute(self.url, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            shutil.rmtree(home, ignore_errors=True)


class World:
    """One life under way."""

    def __init__(self, stage: Stage, life: Life, *, url: str, home: Path) -> None:
        self.stage, self.life, self.url, self.home = stage, life, url, home
        self.clock_file = home / "clock"
        self.began_at = house.START + timedelta(minutes=5)
        self.draw = random.Random(f"{life}")

    def __enter__(self) -> World:
        clock.set_offset(self.clock_file, self.began_at)
        self.db = psycopg2.connect(self.url)
        self.db.autocommit = True
        self.bank = Bank(
            self.home, self.life, accounts=self.stage.accounts, clock_file=self.clock_file
        )
        files = (str(self.clock_file), str(self.home / "workers.log"), str(self.home / "stop"))
        self.crew = Crew(self.stage, (self.url, *files))
        self.proxy = CrashProxy(
            (str(self.bank.url.hostname), int(self.bank.url.port or 0)),
            workers=self.crew.pids,
            is_paying=self._is_paying,
            on_kill=self._note_kill,
        )
        endpoint = json.dumps({"main": f"http://127.0.0.1:{self.proxy.port}{self.bank.url.path}"})
        self._ask("UPDATE masterdata_connection SET endpoints = %s RETURNING id", endpoint)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self.crew.dismiss()
        self.proxy.close()
        self.bank.close()
        self.db.close()

    def _ask(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        with self.db.cursor() as cursor:
            cursor.execute(statement, values)
            return list(cursor.fetchall())

    def _fresh(self, statement: str) -> list[tuple[Any, ...]]:
        """The same on a connection of its own, for the proxy's threads."""
        connection = psycopg2.connect(self.url)
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement)
                return list(cursor.fetchall())
        finally:
            connection.close()

    def _is_paying(self) -> bool:
        """Whether evidence of a payment about to leave was committed."""
        return bool(
            self._fresh(
                "SELECT 1 FROM bankbridge_exchange WHERE result = 'open'"
                " AND operation IN ('b2e0009', 'b2e0061') AND ended_at IS NULL LIMIT 1"
            )
        )

    def _note_kill(self) -> None:
        """Whatever is being sent when a worker dies may be that worker's."""
        rows = self._fresh(
            "SELECT bank_ref FROM payments_paymentinstruction WHERE state = 'sending'"
        )
        self.proxy.seen.in_killed.update(ref for (ref,) in rows)

    def now(self) -> datetime:
        """The moment in this world."""
        seconds = float(self.clock_file.read_text("ascii"))
        return datetime.now(clock.SHANGHAI) + timedelta(seconds=seconds)

    def run(self) -> Report:
        """Live until everything rests, then judge."""
        began = time.monotonic()
        wanted, killed = self.life.kills, 0
        self._arm()
        self.crew.hire()
        while not self._rests():
            if len(self.proxy.seen.kills) > killed:
                killed = len(self.proxy.seen.kills)
                if killed < wanted:
                    self._arm()
                time.sleep(self.draw.choice((0.0, 0.1)))
            self.crew.hire()
            self._pass_time()
            if time.monotonic() - began > LIFE_S:
                break
            time.sleep(0.02)
        self.proxy.arm(None)
        self.crew.dismiss()
        found = verdict.judge(
            self.db,
            bank=self.bank.get("instructions")["instructions"],
            ledger=self.bank.get("ledger"),
            wire=self.proxy.seen,
            orders=self.stage.orders,
        )
        seconds = time.monotonic() - began
        if seconds > LIFE_S:
            found.wrong.append(f"did not come to rest within {LIFE_S:.0f} s")
        if not self.proxy.seen.kills and wanted:
            found.wrong.append("nobody was killed: the crash point was never reached")
        log = self._log()
        return Report(
            self.life, found, len(self.proxy.seen.kills), seconds, self.now() - self.began_at, log
        )

    def _arm(self) -> None:
        delay = self.draw.uniform(0, 0.03) if self.life.point == "while_recording" else 0.0
        self.proxy.arm(Armed(self.life.point, self.draw.choice((1, 1, 2)), delay))

    def _log(self) -> str:
        path = self.home / "workers.log"
        return path.read_text("utf-8", "replace") if path.exists() else ""

    def _rests(self) -> bool:
        """Every payment is final, or unknown, asked about twice, and not known to the bank."""
        rows = self._ask(_OPEN)
        if not rows:
            return True
        if any(state != "unknown" or asked < 2 for _, state, asked in rows):
            return False
        at_bank = self.bank.get("instructions")["instructions"]
        return all(at_bank.get(ref, {"state": "absent"})["state"] == "absent" for ref, _, _ in rows)

    def _pass_time(self) -> None:
        """Move the clock to the next due moment when nothing is due before, and no send is under way."""
        ((due, lease),) = self._ask(_DUE)
        if due is None or due <= self.now() or self.proxy.quiet_s() < (QUIET_S if lease else 0.03):
            return
        clock.set_offset(
            self.clock_file, (lease or due) + timedelta(seconds=0.2)
        )  # a lease first: its owner is dead


@contextlib.contextmanager
def server() -> Iterator[str]:
    """DATABASE_URL's server, or an embedded one that lives as long as the block."""
    import yqlink.settings.test  # noqa: F401 - sets the keys every process of this run shares
    from yqlink.servers import Postgres

    if url := os.environ.get("DATABASE_URL"):
        yield url
        return
    home = Path(tempfile.mkdtemp(prefix="yqlink-sim-pg-"))
    postgres = Postgres(home, durable=False)
    postgres.start()
    os.environ["DATABASE_URL"] = postgres.url()
    try:
        yield postgres.url()
    finally:
        del os.environ["DATABASE_URL"]
        postgres.delete()
        shutil.rmtree(home, ignore_errors=True)


def plan(seed: int, lives: int, *, faults: str, point: str) -> list[Life]:
    """The lives of a run, drawn from its seed."""
    draw = random.Random(seed)
    return [
        Life(
            faults or draw.choice(sorted(PROFILES)),
            point or draw.choice(ALL_POINTS),
            seed * 1000 + number,
            kills=draw.choice((1, 2, 3)),
        )
        for number in range(lives)
    ]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the lives, print the table; 1 when a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.world")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--lives", type=int, default=10)
    parser.add_argument("--orders", type=int, default=ORDERS)
    parser.add_argument("--faults", default="", choices=["", *sorted(PROFILES)])
    parser.add_argument("--point", default="", choices=["", *ALL_POINTS])
    options = parser.parse_args(argv)
    signal.signal(
        signal.SIGTERM, lambda *_: sys.exit(143)
    )  # so that the servers are stopped as well
    broken = 0
    print(f"seed {options.seed}, {options.lives} lives of {options.orders} orders")
    print(f"{'life':>5} {'faults':<20} {'crash point':<17} kills  back  debits      s  states")
    with server() as url, Stage(url, orders=options.orders, seed=options.seed % 1000) as stage:
        for number, life in enumerate(
            plan(options.seed, options.lives, faults=options.faults, point=options.point), 1
        ):
            report = stage.live(life)
            found = report.verdict
            states = " ".join(f"{name}={count}" for name, count in sorted(found.states.items()))
            print(
                f"{number:>5} {life.faults:<20} {life.point:<17} {report.kills:>5} {found.hand_backs:>5} "
                f"{found.debits:>7} {report.seconds:>6.1f}  {states}",
                flush=True,
            )
            if not found.is_good:
                broken += 1
                print(report.complaint(), flush=True)
    if broken:
        with SEEDS.open("a") as kept:
            kept.write(
                f"{options.seed} {options.lives} {options.faults or '-'} {options.point or '-'}\n"
            )
    print(
        f"seed {options.seed}: {options.lives - broken} of {options.lives} lives kept every promise"
    )
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
