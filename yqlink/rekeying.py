"""Rotation of keys: every closed text is opened with the key it was closed with and closed anew with the newest.

Rows already closed with the newest key are passed over, so an interrupted run goes on where it stopped, and several may
run at once. What is closed for the bank's workers can only be rotated by a process that holds their private keys.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from importlib import import_module
from string import Formatter
from typing import Any

import pgtrigger
from django.apps import apps
from django.db import transaction
from django.db.models import BinaryField, F, Func, Model, QuerySet
from django.utils.module_loading import import_string

from kernel import vault
from kernel.vault import Closed

TABLES = (
    "approvals.closed",
    "bankbridge.closed",
    "desk.closed",
    "erpbridge.closed",
    "masterdata.closed",
    "payments.closed",
    "reconciliation.closed",
    "statements.closed",
)
# Texts that are not a column each: functions that renew them and return how many.
RENEWERS = ("masterdata.services.connections.renew_credentials",)
CHUNK = 200
Say = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Renewed:
    """What became of one column: how many texts were closed anew, how many cannot be opened, and why it was left out."""

    name: str
    done: int
    unreadable: int = 0
    skipped: str = ""


def columns() -> list[Closed]:
    """Every column of closed texts, as the apps declare them."""
    return [closed for name in TABLES for closed in import_module(name).COLUMNS]


def rotate(say: Say) -> Iterator[Renewed]:
    """Close everything anew that is not closed with the newest key; `say` hears (column, done, of how many)."""
    for closed in columns():
        name = f"{closed.model}.{closed.column}"
        if closed.is_envelope and not vault.can_open():
            yield Renewed(name, 0, skipped="needs the private keys of the bank's workers")
        else:
            yield _renewed(closed, name, say)
    for path in RENEWERS:
        if vault.can_open():
            yield Renewed(path.rpartition(".")[2], *import_string(path)())
        else:
            yield Renewed(path.rpartition(".")[2], 0, skipped="needs the private keys")


def _stale(closed: Closed, model: type[Model]) -> QuerySet[Any]:
    """Rows that hold a text and, where the database can tell, one not closed with the newest key."""
    rows = model._base_manager.exclude(**{f"{closed.column}__isnull": True})
    if closed.is_text:
        return rows.exclude(**{closed.column: ""})
    head = Func(F(closed.column), 1, 2, function="substr", output_field=BinaryField())
    filled = rows.exclude(**{closed.column: b""}).annotate(head=head)
    stale: QuerySet[Any] = filled.exclude(head=_newest(closed))
    return stale


def _newest(closed: Closed) -> bytes:
    if closed.is_envelope:
        return b"e" + bytes([vault.newest_envelope()])
    return vault.ring().newest_mark


def _renewed(closed: Closed, name: str, say: Say) -> Renewed:
    model = apps.get_model(closed.model)
    rows = _stale(closed, model).order_by("pk")
    total, done, unreadable, last = rows.count(), 0, 0, None
    names = [part for _, part, _, _ in Formatter().parse(closed.aad) if part]
    while True:
        after = rows if last is None else rows.filter(pk__gt=last)
        chunk = list(after.values("pk", closed.column, *names)[:CHUNK])
        if not chunk:
            return Renewed(name, done, unreadable)
        last = chunk[-1]["pk"]
        with transaction.atomic(), ExitStack() as stack:
            for guard in closed.guards:
                stack.enter_context(pgtrigger.ignore(f"{closed.model}:{guard}"))
            for row in chunk:
                outcome = _renew(closed, model, row)
                done += outcome == "done"
                unreadable += outcome == "unreadable"
        say(name, done, total)


def _renew(closed: Closed, model: type[Model], row: dict[str, Any]) -> str:
    stored = row[closed.column]
    text = base64.b64decode(stored) if closed.is_text else bytes(stored)
    if text[:2] == _newest(closed):
        return "current"
    aad = closed.aad.format(**row)
    try:
        fresh = _closed_anew(closed, text, aad)
    except vault.Undecipherable:
        return "unreadable"
    value: Any = base64.b64encode(fresh).decode() if closed.is_text else fresh
    same = model._base_manager.filter(pk=row["pk"], **{closed.column: stored})
    return "done" if same.update(**{closed.column: value}) else "changed"


def _closed_anew(closed: Closed, text: bytes, aad: str) -> bytes:
    if closed.is_envelope:
        return vault.sealer().seal(vault.opener().open(text, aad=aad), aad=aad)
    return vault.ring().encrypt(vault.ring().decrypt(text, aad=aad), aad=aad)
