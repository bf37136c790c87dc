"""The whole platform in one home folder: every server, the simulator, workers, beat and web, stopped together and found again.

`Platform` is the same for the walkthrough and the crash tests, which use it in a temporary home. With DATABASE_URL or
REDIS_URL in the environment those servers are used instead of embedded ones.
"""

from __future__ import annotations

import base64
import contextlib
import fcntl
import json
import os
import secrets
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

import httpx

from kernel import envelope
from yqlink import preparation
from yqlink.processes import Child, StartFailed, free_port, wait_for_port
from yqlink.servers import Postgres, Valkey

ROOT = Path(__file__).resolve().parents[1]
WEB_PORT, SIMULATOR_PORT, ERP_TCP_PORT = (
    8000,
    8801,
    8600,
)  # wished for; others are taken when these are busy
_STOP_S = 4.0  # for everything but PostgreSQL
_READY_S = 60.0


class AlreadyRunning(Exception):
    """Another platform uses this home."""


def _kept(path: Path, make: Callable[[], Mapping[str, str]]) -> dict[str, str]:
    """The variables of a file only its owner reads; those it lacks are made and added."""
    lines = path.read_text("ascii").splitlines() if path.exists() else []
    kept = {name: value for name, _, value in (line.partition("=") for line in lines) if name}
    fresh = {name: value for name, value in make().items() if name not in kept}
    if fresh:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "a", encoding="ascii") as stream:
            stream.writelines(f"{name}={value}\n" for name, value in fresh.items())
    return kept | fresh


def demo_keys(home: Path) -> tuple[dict[str, str], dict[str, str]]:
    """The keys of a demo home, made at the first start: those every process gets, and those of the bank's workers alone."""
    pair = envelope.generate(
        envelope.SM2 if os.environ.get("CRYPTO_SUITE") == "sm" else envelope.X25519
    )
    public, private = (envelope.written(1, key) for key in pair)
    workers = _kept(home / "keys-bank.env", lambda: {
        "SEAL_PRIVATE_KEYS": private, "SEAL_PUBLIC_KEYS": public,
    })  # fmt: skip
    common = _kept(home / "keys.env", lambda: {
        "SECRET_KEY": secrets.token_urlsafe(48),
        "SEAL_KEY": base64.b64encode(os.urandom(32)).decode(),
        "DATA_KEYS": f"1:{base64.b64encode(os.urandom(32)).decode()}",
        "SEAL_PUBLIC_KEYS": workers["SEAL_PUBLIC_KEYS"],
    })  # fmt: skip
    return common, workers


class Platform:
    """The whole platform in `home`. `start()` returns when pages are served; `stop()` leaves data for the next start.

    `env` overrides variables of every child; `simulator_args` are appended to the simulator's command line; `banks` is
    "boc" alone or "all", in one world, the Bank of China on its usual port and the others on free ones; `workers`
    is the number of worker processes (0: the caller starts them); `ports` wishes for ports (0: any free one); `with_books`
    lays down two months of books to reconcile; `say` hears one line per finished step.
    """

    def __init__(
        self,
        home: Path,
        *,
        env: Mapping[str, str] | None = None,
        simulator_args: Sequence[str] = (),
        banks: str = "boc",
        clock_file: Path | None = None,
        workers: int = 1,
        concurrency: int = 2,
        ports: Mapping[str, int] | None = None,
        with_books: bool = False,
        say: Callable[[str], None] = print,
    ) -> None:
        self.home = home.resolve()
        self.home.mkdir(parents=True, exist_ok=True)
        self._wished = {"web": WEB_PORT, "simulator": SIMULATOR_PORT} if ports is None else ports
        self._overrides, self.clock_file = dict(env or {}), clock_file
        self._simulator_args, self._say, self.banks = list(simulator_args), say, banks
        self._workers, self._concurrency = workers, concurrency
        self._seeds = ("seed", "books") if with_books else ("seed",)
        self.children: dict[str, Child] = {}
        self.env: dict[str, str] = {}
        self.worker_env: dict[str, str] = {}  # what workers of banks hold beside `env`
        self.ports: dict[str, int] = {}
        self._postgres: Postgres | None = None
        self._valkey: Valkey | None = None
        self._lock: IO[str] | None = None

    # --- addresses ---
    @property
    def web_url(self) -> str:
        """Where pages and the API answer."""
        return f"http://127.0.0.1:{self.ports['web']}"

    @property
    def simulator_url(self) -> str:
        """Where the bank simulator answers."""
        return f"http://127.0.0.1:{self.ports['simulator']}"

    @property
    def _schedule(self) -> str:
        return str(self.home / "beat-schedule")

    @property
    def demo_folder(self) -> Path:
        """Where the seed leaves logins.json and boc_accounts.json."""
        return self.home / "demo"

    def logins(self) -> list[dict[str, str]]:
        """The demo people: username, display_name, role, role_name, company, password."""
        try:
            kept = json.loads((self.demo_folder / "logins.json").read_text("utf-8"))
        except FileNotFoundError:
            return []
        return [{name: str(value) for name, value in user.items()} for user in kept["users"]]

    # --- life ---
    def start(self) -> None:
        """Bring everything up; raises StartFailed (what was started is stopped again) or AlreadyRunning."""
        self._take_home()
        try:
            self._choose_ports()
            self._prepare_env()
            with self._step("PostgreSQL"):
                self._start_postgres()
            with self._step("broker"):
                self._start_valkey()
            with self._step("database, demo group, static files"):
                self._prepare()
            with self._step("bank simulators"):
                self.start_simulator()
            if self.banks == "all":
                with self._step("accounts at every bank"):
                    self.run_once("seed_banks", "yqlink.prepare", "banks")
            with self._step("workers, beat, web"):
                for number in range(1, self._workers + 1):
                    self.start_worker(f"worker{number}", beats=number == 1)
                if not self._workers:
                    self.start_beat()
                self.start_web()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop every child by its pid, the newest first, then the broker, PostgreSQL last. Safe to call twice."""
        limit = time.monotonic() + _STOP_S
        newest_first = list(reversed(self.children.values()))
        for child in newest_first:
            child.ask_to_stop()
        for child in newest_first:
            child.wait_stopped(limit - time.monotonic())
        self.children.clear()
        if self._valkey is not None:
            self._valkey.stop()
        if self._postgres is not None:
            self._postgres.stop()
        self._valkey = self._postgres = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def kill(self, name: str) -> None:
        """kill -9 of one child with everything it started."""
        self.children[name].kill()

    def restart(self, name: str) -> None:
        """Start a dead child again as it was."""
        self.children[name].start()

    def dead(self) -> list[str]:
        """Names of children that ended unasked."""
        return [name for name, child in self.children.items() if not child.is_alive()]

    # --- single children, for crash tests ---
    def start_simulator(self) -> Child:
        """The banks: a program of its own with books of its own."""
        port, data = self.ports["simulator"], self.home / "sim" / self.banks
        which = (
            ["--all", "--port-of", f"boc:{port}"]
            if self.banks == "all"
            else ["--bank", "boc", "--port", str(port)]
        )
        arguments = [*which, "--data", str(data)]
        arguments += ["--accounts", str(self.demo_folder / "boc_accounts.json")]
        if self.clock_file is not None:
            arguments += ["--clock-file", str(self.clock_file)]
        if "--seed" not in self._simulator_args:
            arguments += ["--seed", "1"]
        data.mkdir(parents=True, exist_ok=True)
        child = self.spawn(
            "simulator",
            [sys.executable, "-m", "bankadapters.simulator", *arguments, *self._simulator_args],
        )
        wait_for_port(child, self.ports["simulator"], _READY_S)
        return child

    def start_worker(
        self,
        name: str,
        *,
        queues: str = "bank,erp,quiet",
        pool: str = "prefork",
        beats: bool = False,
    ) -> Child:
        """One Celery worker process (with its pool); one that `beats` sends the ticks, too, from a fork of itself."""
        beat = ["-B", "-s", self._schedule] if beats else []
        return self.spawn(
            name,
            [sys.executable, "-m", "celery", "-A", "yqlink.celery:app", "worker", "-Q", queues, "-P", pool,
             "-c", str(self._concurrency), "-n", f"{name}@%h", "-l", "WARNING",
             "--without-gossip", "--without-mingle", "--without-heartbeat", *beat],
            env=self.env | self.worker_env,
        )  # fmt: skip

    def start_beat(self) -> Child:
        """A process that sends the ticks, where no worker does."""
        return self.spawn(
            "beat",
            [sys.executable, "-m", "celery", "-A", "yqlink.celery:app", "beat", "-l", "WARNING",
             "-s", self._schedule, "--pidfile="],
        )  # fmt: skip

    def start_web(self) -> Child:
        """Gunicorn; returns when /healthz answers 200."""
        child = self.spawn(
            "web",
            [sys.executable, "-m", "gunicorn", "yqlink.wsgi:application", "--bind", f"127.0.0.1:{self.ports['web']}",
             "--workers", "2", "--worker-class", "gthread", "--threads", "4", "--preload", "--graceful-timeout", "3",
             "--log-level", "warning"],
        )  # fmt: skip
        self._wait_healthy(child)
        return child

    # --- inside ---
    @contextlib.contextmanager
    def _step(self, words: str) -> Iterator[None]:
        began = time.monotonic()
        self._say(f"  {words} …")
        yield
        self._say(f"  {words:<42}{time.monotonic() - began:5.1f} s")

    def _prepare(self) -> None:
        """Migrations, demo group, static files: skipped where this code prepared this home's own database before."""
        facts = json.dumps([self.ports, self._seeds])  # the seed writes where the simulator listens
        if self._postgres is not None and preparation.is_done(self.home, facts):
            return
        preparation.forget(self.home)
        self.run_once("prepare", "yqlink.prepare", "messages", "migrate", *self._seeds, "static")
        if self._postgres is not None:
            preparation.note(self.home, facts)

    def _take_home(self) -> None:
        lock = (self.home / "lock").open("w", encoding="ascii")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            raise AlreadyRunning(f"a platform already runs in {self.home}") from None
        self._lock = lock
        for left in sorted((self.home / "pids").glob("*.json")):
            Child(left.stem, [], home=self.home, env={}).end_leftover()

    def _choose_ports(self) -> None:
        path = self.home / "ports.json"
        try:
            remembered = json.loads(path.read_text("ascii"))
        except (FileNotFoundError, ValueError):
            remembered = {}
        for name, wished in self._wished.items():
            self.ports[name] = free_port(int(remembered.get(name, wished)))
        path.write_text(json.dumps(self.ports), "ascii")

    def _prepare_env(self) -> None:
        self.demo_folder.mkdir(exist_ok=True)
        common, workers = demo_keys(self.home)
        env = {**common, **os.environ}
        given = env.pop("SEAL_PRIVATE_KEYS", "")
        is_given = "SEAL_PUBLIC_KEYS" in os.environ
        private = given if is_given else workers["SEAL_PRIVATE_KEYS"]
        self.worker_env = {"SEAL_PRIVATE_KEYS": private}
        env.setdefault("DJANGO_SETTINGS_MODULE", "yqlink.settings.dev")
        env.setdefault("MALLOC_ARENA_MAX", "1")  # as in the image
        env.setdefault(
            "SITE_ADDRESS", f"http://localhost:{self.ports['web']}"
        )  # security keys want a name
        env |= {
            "YQLINK_HOME": str(self.home),
            "YQLINK_DEMO_DIR": str(self.demo_folder),
            "BOC_SIM_URL": f"{self.simulator_url}/B2EC/E2BServlet",
            "SIM_CONTROL_URL": f"{self.simulator_url}/_sim/",
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
        }
        if env.pop(
            "PYTHONDONTWRITEBYTECODE", ""
        ):  # then it is kept here, not compiled by every process
            env["PYTHONPYCACHEPREFIX"] = str(self.home / "bytecode")
        if self.clock_file is not None:
            env["CLOCK_FILE"] = str(self.clock_file)
        self.env = env | self._overrides

    def _start_postgres(self) -> None:
        if not self.env.get("DATABASE_URL"):
            self._postgres = Postgres(self.home)
            self._postgres.start()
            self.env["DATABASE_URL"] = self._postgres.url()

    def _start_valkey(self) -> None:
        if not self.env.get("REDIS_URL"):
            self._valkey = Valkey(self.home, self.env)
            self._valkey.start()
            self.env["REDIS_URL"] = self._valkey.url

    def run_once(self, name: str, module: str, *arguments: str) -> None:
        child = Child(
            name, [sys.executable, "-m", module, *arguments], home=self.home, env=self.env
        )
        child.start()
        try:
            if child.finish() != 0:
                raise StartFailed(f"{name} failed, see {child.log_path}\n{child.log_tail()}")
        finally:
            child.kill()
            child.pid_path.unlink(missing_ok=True)

    def spawn(
        self, name: str, argv: Sequence[str], *, env: Mapping[str, str] | None = None
    ) -> Child:
        child = Child(name, argv, home=self.home, env=env or self.env)
        child.start()
        self.children[name] = child
        return child

    def _wait_healthy(self, child: Child) -> None:
        limit = time.monotonic() + _READY_S
        while time.monotonic() < limit and child.is_alive():
            with contextlib.suppress(httpx.HTTPError):
                if (
                    httpx.get(f"{self.web_url}/healthz", timeout=5, trust_env=False).status_code
                    == 200
                ):
                    return
            time.sleep(0.1)
        raise StartFailed(f"web did not answer, see {child.log_path}\n{child.log_tail()}")
