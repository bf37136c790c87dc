"""Databases of other systems: one pool each a process, errors of drivers in one word."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, create_engine
from sqlalchemy.exc import SQLAlchemyError

from erpbridge.models import ErpSystem
from erpbridge.styles import signed


class ExchangeDown(OSError):
    """The other database does not answer, or its tables are not as agreed."""


_open: dict[str, Engine] = {}  # one pool an exchange database and process


def _engine(url: str) -> Engine:
    if url not in _open:
        _open[url] = create_engine(
            url, pool_size=2, max_overflow=2, pool_pre_ping=True, pool_recycle=600
        )
    return _open[url]


def disconnect() -> None:
    """Close what is open to exchange databases; the next tick opens it anew."""
    for engine in _open.values():
        engine.dispose()
    _open.clear()


@contextmanager
def connected(system: ErpSystem) -> Iterator[Engine]:
    """The system's database. Raises ExchangeDown instead of the driver's errors."""
    url = signed.secrets_of(system).get("dsn", "")
    if not url:
        raise ExchangeDown("尚未设置数据库连接")
    try:
        yield _engine(url)
    except SQLAlchemyError as error:
        raise ExchangeDown(
            f"对方数据库：{type(error).__name__}：{str(error).splitlines()[0]}"
        ) from None
