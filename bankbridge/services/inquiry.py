"""Reap what was abandoned, and ask about everything whose end is not known; stops never."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from typing import TYPE_CHECKING

import structlog
from django.conf import settings
from django.db import connections

from bankadapters.contract import Ability
from bankbridge import locks, selectors, translate
from bankbridge.adapters import DebugLocked, Line, open_line
from bankbridge.recorder import About
from bankbridge.services import pull
from bankbridge.services.dispatch import FINAL_FATES
from kernel import clock
from masterdata import selectors as masterdata
from payments.outcomes import DueInquiry
from payments.services import inquiries, instructions

if TYPE_CHECKING:
    from masterdata.models import Connection

log = structlog.get_logger(__name__)


def reap() -> int:
    """SENDING whose lease ran out becomes UNKNOWN; how many."""
    count = instructions.reap(now=clock.now())
    if count:
        log.warning("reaped", instructions=count)
    return count


def tick(connection_id: int | None = None) -> int:
    """Ask every bank about what is due; how many payments were asked about. Frozen connections are asked too."""
    targets = [
        row
        for row in selectors.connections(Ability.INQUIRE)
        if connection_id is None or row.pk == connection_id
    ]
    if not targets:
        return 0
    with ThreadPoolExecutor(max_workers=len(targets), thread_name_prefix="inquiry") as pool:
        return sum(pool.map(_ask_connection, targets))


def _ask_connection(row: Connection) -> int:
    try:
        with locks.tried(locks.INQUIRY, row.pk) as mine:
            return _ask_all(row) if mine else 0
    except DebugLocked:
        log.error("debug_lock", connection=row.name)
        return 0
    except Exception:
        log.exception("inquiry_broke", connection=row.name)
        return 0
    finally:
        connections.close_all()


def _ask_all(row: Connection) -> int:
    """Chunk after chunk until nothing is due, the bank does not answer, or the tick's time is over."""
    chunk = max(1, masterdata.bank_profile(row.bank_slug).inquiry_items_max)
    until = clock.monotonic() + settings.DISPATCH_TICK_MAX_S
    line, asked = None, 0
    while clock.monotonic() < until:
        due = inquiries.due_inquiries(connection_id=row.pk, limit=chunk)
        if not due:
            break
        line = line or _open(row, due)
        if line is None:
            break
        by_operation = sorted(due, key=lambda one: one.operation)
        answered = [
            ask(row.pk, list(group), line)
            for _, group in groupby(by_operation, key=lambda one: one.operation)
        ]
        asked += len(due)
        if not all(answered):
            break
    return asked


def _open(row: Connection, due: Sequence[DueInquiry]) -> Line | None:
    try:
        return open_line(row.pk)
    except Exception as error:
        log.exception("adapter_not_opened", connection=row.name)
        inquiries.record_inquiry_failure(asked=due, why=f"连接无法打开：{type(error).__name__}")
        return None


def ask(connection_id: int, due: list[DueInquiry], line: Line) -> bool:
    """Ask about these payments in one message; a failed question changes no state and is asked again. Whether it was answered."""
    adapter = line.about(About("payments.instruction", due[0].instruction_id))
    try:
        outcomes = adapter.inquire([translate.inquiry(one, adapter.profile) for one in due])
    except (
        Exception
    ) as error:  # QueryFailed, Unreadable, NotSent, a cut wire: it says nothing about any payment
        log.warning("inquiry_failed", payments=len(due), kind=type(error).__name__, why=str(error))
        inquiries.record_inquiry_failure(asked=due, why=f"{type(error).__name__}: {error}"[:200])
        return False
    inquiries.record_inquiry(
        connection_id=connection_id,
        outcomes=translate.reported(outcomes),
        asked=due,
        wire=line.recorder.spoken,
    )
    if any(outcome.fate in FINAL_FATES for outcome in outcomes):
        pull.hasten_balances(connection_id=connection_id)
    return True
