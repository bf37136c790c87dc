"""A MariaDB of the tests' own: its data in a folder, its socket beside it, nothing on the network."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pymysql

SERVER = shutil.which("mariadbd") or "/usr/sbin/mariadbd"
_SCRIPTS = Path("/usr/share/mysql")
_SMALL = ("--innodb-buffer-pool-size=16M", "--innodb-log-file-size=8M", "--innodb-flush-log-at-trx-commit=0")  # fmt: skip


def is_here() -> bool:
    """Whether the server and its first tables are installed."""
    return Path(SERVER).exists() and (_SCRIPTS / "mysql_system_tables.sql").exists()


@contextmanager
def running(folder: Path) -> Iterator[Path]:
    """A fresh server; its socket. Its superuser is root without a password."""
    data, socket = folder / "data", folder / "s"
    data.mkdir()
    first = "CREATE DATABASE mysql;\nUSE mysql;\nSET @auth_root_socket=NULL;\nSET @current_hostname='localhost';\n"
    tables = (_SCRIPTS / "mysql_system_tables.sql").read_text("utf-8")
    rows = (_SCRIPTS / "mysql_system_tables_data.sql").read_text("utf-8")
    options = [SERVER, "--no-defaults", f"--datadir={data}", "--user=root", *_SMALL]
    made = subprocess.run(
        [*options, "--bootstrap"],
        input=f"{first}{tables}\nSET @skip_auth_anonymous=1;\n{rows}",
        text=True,
        capture_output=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr[-2000:]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [*options, f"--socket={socket}", "--skip-networking"], stdout=log, stderr=log
        )
    try:
        _wait(socket, folder / "log")
        yield socket
    finally:
        server.terminate()
        server.wait(20)


def _wait(socket: Path, log: Path) -> None:
    limit = time.monotonic() + 30
    while time.monotonic() < limit:
        try:
            pymysql.connect(unix_socket=str(socket), user="root").close()
        except pymysql.err.OperationalError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(log.read_text("utf-8", "replace")[-2000:])


def run(socket: Path, *statements: str, database: str = "") -> None:
    """Statements as root."""
    connection = pymysql.connect(unix_socket=str(socket), user="root", database=database or None)
    try:
        with connection.cursor() as cursor:
            for one in statements:
                cursor.execute(one)
        connection.commit()
    finally:
        connection.close()
