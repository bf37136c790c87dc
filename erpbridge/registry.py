"""Which module speaks which style: a literal table."""

from __future__ import annotations

from importlib import import_module
from typing import Protocol, cast

from erpbridge.contract import Checked
from erpbridge.models import ErpSystem

STYLES: dict[str, str] = {
    "api": "erpbridge.styles.webhooks",
    "db": "erpbridge.styles.db",
    "file": "erpbridge.styles.file",
    "table": "erpbridge.styles.table",
    "tcp": "erpbridge.styles.tcp",
}


class Lane(Protocol):
    """What a style does at each tick, for one system."""

    def poll(self, system: ErpSystem) -> int:
        """Take what lies ready over there; returns how much was answered."""

    def deliver(self, system: ErpSystem) -> int:
        """Hand over what is due; returns messages handed over."""

    def probe(self, system: ErpSystem) -> list[Checked]:
        """Try the way to the other side; nothing is taken or told."""


def lane(style: str) -> Lane:
    """The style's module. Raises KeyError for one nobody knows."""
    return cast(Lane, import_module(STYLES[style]))
