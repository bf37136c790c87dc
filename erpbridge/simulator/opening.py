"""From a connection file to a side that speaks: addresses and keys by style, as whoever set the exchange up wrote them down."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import datetime, timedelta, timezone
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from erpbridge.simulator.books import Books
from erpbridge.simulator.sides.api import ApiSide, signed
from erpbridge.simulator.sides.base import Side
from erpbridge.simulator.sides.db import DbSide
from erpbridge.simulator.sides.file import FileSide, U8FileSide
from erpbridge.simulator.sides.sap import SapFileSide
from erpbridge.simulator.sides.table import TableSide
from erpbridge.simulator.sides.tcp import TcpSide

STYLES = ("api", "db", "file", "tcp", "table")
PROFILES = ("generic", "u8", "sap")
_ZONE = timezone(timedelta(hours=8))
_FILE_SIDES: Mapping[str, type[FileSide]] = {
    "generic": FileSide,
    "u8": U8FileSide,
    "sap": SapFileSide,
}


class Clock:
    """The time of this finance system: the machine's, or moved by the seconds a file holds, as a demonstration wants it."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path

    def now(self) -> datetime:
        """The present moment in China."""
        offset = 0.0
        if self.path is not None and self.path.exists():
            offset = float(self.path.read_text("ascii").strip() or 0)
        return datetime.fromtimestamp(time.time() + offset, _ZONE)

    def stamp(self) -> str:
        """The moment as messages carry it."""
        return self.now().isoformat(timespec="seconds")

    def day(self) -> str:
        """The day as file names carry it."""
        return f"{self.now():%Y%m%d}"


def database(url: str) -> Callable[[], Any]:
    """Opens a database by its address, closed after use: postgresql://… or mysql://user:password@host/name?unix_socket=…"""
    parts = urlsplit(url)
    if parts.scheme.startswith("postgresql"):
        driver = import_module("psycopg2")
        plain = url.replace("postgresql+psycopg2://", "postgresql://", 1)
        return lambda: closing(driver.connect(plain))
    other = import_module("pymysql")
    words: dict[str, Any] = {
        "host": parts.hostname or "localhost",
        "user": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "database": parts.path.lstrip("/"),
        "charset": "utf8mb4",
    }
    if parts.port:
        words["port"] = parts.port
    if parts.query.startswith("unix_socket="):
        words["unix_socket"] = unquote(parts.query.removeprefix("unix_socket="))
    return lambda: closing(other.connect(**words))


def line_errors() -> tuple[type[Exception], ...]:
    """What a line that is down raises: the program goes on at its next tick."""
    drivers = [import_module(name).Error for name in ("psycopg2", "pymysql")]
    return (OSError, ValueError, *drivers)


def open_side(
    style: str, profile: str, told: Mapping[str, Any], *, books: Books, clock: Clock
) -> Side:
    """The side of one style. `told`: what the connection file says of it. Raises KeyError for what it lacks."""
    if style == "api":
        call = signed(told["base_url"], key_id=told["key_id"], secret=told["secret"])
        return ApiSide(call)
    if style == "db":
        return DbSide(database(told["own"]), database(told["platform"]))
    if style == "table":
        return TableSide(database(told["dsn"]), key=told["key"])
    if style == "tcp":
        address = (told["host"], int(told["port"]))
        return TcpSide(
            address, system=told["system"], key=told["key"], now=clock.stamp, context=_tls(told)
        )
    return _FILE_SIDES[profile](
        Path(told["root"]),
        key=told["key"],
        company=told["company"],
        day=clock.day,
        stems=books.memory("stem:"),
    )


def _tls(told: Mapping[str, Any]) -> ssl.SSLContext | None:
    if not told.get("ca"):
        return None
    context = ssl.create_default_context(cafile=told["ca"])
    context.load_cert_chain(told["cert"], told["cert_key"])
    return context
