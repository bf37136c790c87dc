"""Claim → talk → record: hand sealed batches to their banks, several in flight per connection.

The queue is PostgreSQL: a claim is committed before any byte leaves, and its end in a transaction after the last one
came. In between no transaction is open. A process that dies in between leaves SENDING rows with a lease; the reaper
turns them into UNKNOWN, and the bank is asked.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog
from django.conf import settings
from django.db import connections

from bankadapters.contract import BankAdapter, Batch, Fate, Outcome, WireRequest
from bankadapters.errors import BankError, NotSent, Refused, Unencodable
from bankbridge import locks, selectors, translate
from bankbridge.adapters import DebugLocked, Line, open_line, require_unlocked
from bankbridge.recorder import About
from bankbridge.services import pull
from kernel import clock
from payments.outcomes import ClaimedBatch, ReportedOutcome, SealedInstruction
from payments.services import instructions

if TYPE_CHECKING:
    from masterdata.models import Connection

log = structlog.get_logger(__name__)
FINAL_FATES = frozenset({Fate.SUCCEEDED, Fate.FAILED, Fate.RETURNED})
LEASE_MARGIN_S = 30


def tick(connection_id: int | None = None, *, lines: int | None = None) -> int:
    """Send what is queued, of one connection or of all; how many batches were sent.

    Any number of ticks may run at once: the lines of a connection are counted over all processes. `lines` limits how
    many of them this call takes.
    """
    if why := instructions.unable_to_verify():
        log.error("cannot_verify", why=why)
        return 0
    targets = [
        row
        for row in selectors.connections()
        if (connection_id is None or row.pk == connection_id) and _may_send(row)
    ]
    if not targets:
        return 0
    with ThreadPoolExecutor(max_workers=len(targets), thread_name_prefix="connection") as pool:
        return sum(pool.map(lambda row: Drain(row, lines=lines).run(), targets))


def _may_send(row: Connection) -> bool:
    if row.is_frozen:
        return False
    try:
        require_unlocked(row)
    except DebugLocked:
        log.error("debug_lock", connection=row.name)
        return False
    return True


def lease_s(row: Connection) -> int:
    """How long one conversation may take at most: the payment, a sign-on, the payment again, and a margin."""
    return 3 * (row.connect_timeout_s + row.read_timeout_s) + LEASE_MARGIN_S


class Drain:
    """Empties one connection's queue with as many lines as it may have in flight."""

    def __init__(self, row: Connection, *, lines: int | None = None) -> None:
        self.row = row
        self.lines = min(lines or row.parallel_max, row.parallel_max, locks.LINES_MAX)
        self.until = clock.monotonic() + settings.DISPATCH_TICK_MAX_S
        self._sent = 0
        self._lock = threading.Lock()
        self._busy = threading.Event()

    def run(self) -> int:
        """Work until nothing is queued or the tick's time is over; how many batches were sent."""
        first = threading.Thread(target=self._line, name=f"line-{self.row.pk}-0", daemon=False)
        others = [
            threading.Thread(target=self._line, name=f"line-{self.row.pk}-{number}", daemon=False)
            for number in range(1, self.lines)
        ]
        first.start()
        while first.is_alive() and not self._busy.wait(0.02):
            pass
        started = others if self._busy.is_set() else []
        for thread in started:
            thread.start()
        for thread in (first, *started):
            thread.join()
        return self._sent

    def _line(self) -> None:
        try:
            with locks.line(self.row.pk, self.row.parallel_max) as mine:
                if mine:
                    self._work()
        except Exception:
            log.exception("dispatch_line_broke", connection=self.row.name)
        finally:
            connections.close_all()

    def _work(self) -> None:
        line: Line | None = None
        while clock.monotonic() < self.until:
            until = clock.now() + timedelta(seconds=lease_s(self.row))
            claims = instructions.claim_batches(
                connection_id=self.row.pk, limit=1, lease_s=lease_s(self.row)
            )
            if not claims:
                return
            self._busy.set()
            for claim in claims:
                line = line or self._open(claim)
                if line is None:
                    return
                if not send(claim, line, until=until):
                    return  # the bank cannot be reached: the next tick tries again
                with self._lock:
                    self._sent += 1

    def _open(self, claim: ClaimedBatch) -> Line | None:
        try:
            return open_line(claim.connection_id)
        except Exception as error:
            log.exception("adapter_not_opened", connection=self.row.name)
            instructions.hand_back(claim=claim, why=f"连接无法打开：{type(error).__name__}")
            return None


def send(claim: ClaimedBatch, line: Line, *, until: datetime | None = None) -> bool:
    """Talk to the bank about one claimed batch and record what came of it; False when provably no byte left.

    Only three ends exist beside the bank's own words: NotSent hands the batch back, Refused fails it, and every other
    surprise means that its fate is unknown. Past `until`, the end of the claim's lease, nothing leaves any more.
    """
    adapter = line.about(About("payments.batch", claim.batch_id, claim.company_id, until))
    try:
        whole = translate.batch(claim, adapter.profile)
        batch = replace(whole, instructions=adapter.together(whole))
        claim = _leave_for_later(claim, batch)
    except Exception as error:
        log.exception("batch_not_translated", batch_no=claim.batch_no)
        instructions.hand_back(claim=claim, why=f"指令无法编制：{type(error).__name__}")
        return False
    unfit: list[ReportedOutcome] = []
    try:
        outcomes = _pay(adapter, batch, unfit)
    except NotSent as error:
        log.warning("not_sent", batch_no=claim.batch_no, why=str(error))
        instructions.hand_back(claim=claim, why=str(error)[:200] or "未能连接银行")
        return False
    except Refused as error:
        log.warning("refused", batch_no=claim.batch_no, code=error.code)
        told = translate.refused(claim, error)
        instructions.record_outcomes(claim=claim, outcomes=told, wire=line.recorder.spoken)
    except Exception as error:  # after the first byte, every surprise means "unknown"
        is_bug = not isinstance(error, BankError)
        log.error("outcome_unknown", batch_no=claim.batch_no, why=str(error), exc_info=is_bug)
        if unfit:  # what nobody mentions becomes UNKNOWN
            instructions.record_outcomes(claim=claim, outcomes=unfit, wire=line.recorder.spoken)
        else:
            why = f"{type(error).__name__}: {error}"[:200]
            instructions.lose(claim=claim, why=why, wire=line.recorder.spoken)
    else:
        told = [*translate.reported(outcomes), *unfit]
        instructions.record_outcomes(claim=claim, outcomes=told, wire=line.recorder.spoken)
        if any(outcome.fate in FINAL_FATES for outcome in outcomes):
            pull.hasten_balances(connection_id=claim.connection_id)
    return True


def _leave_for_later(claim: ClaimedBatch, batch: Batch) -> ClaimedBatch:
    """The claim of what travels in this message; the others go back to the queue, from where they come in one of their own."""
    chosen = {item.reference for item in batch.instructions}
    staying = [item for item in claim.instructions if item.bank_ref not in chosen]
    if not staying:
        return claim
    instructions.hand_back(claim=_part(claim, staying), why="银行单个报文的限制，改为下一批发送")
    return _part(claim, [item for item in claim.instructions if item.bank_ref in chosen])


def _part(claim: ClaimedBatch, items: Sequence[SealedInstruction]) -> ClaimedBatch:
    fences = {item.instruction_id: claim.fences[item.instruction_id] for item in items}
    return replace(claim, instructions=tuple(items), fences=fences, fence=max(fences.values()))


def _pay(adapter: BankAdapter, batch: Batch, unfit: list[ReportedOutcome]) -> list[Outcome]:
    """Send the batch; items this bank's message cannot carry are put into `unfit` and the others go without them."""
    try:
        return list(adapter.pay(batch))
    except Unencodable:  # provably nothing was sent
        fit = []
        for item in batch.instructions:
            alone = replace(batch, instructions=[item])
            try:
                adapter.write(WireRequest(operation=batch.operation, batch=alone))
                fit.append(item)
            except Unencodable as error:
                unfit.append(translate.unfit(item, error))
        if not unfit:
            raise NotSent("each payment fits alone, but not all of them together") from None
        return list(adapter.pay(replace(batch, instructions=fit))) if fit else []
