"""The close of a company's month and its reopening, each by two people; the closed month is archived with its hash."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from django.db import transaction

import audit.services as audit
import ledger.period_selectors
import ledger.selectors
import masterdata.selectors as masterdata
from kernel import seal, vault
from kernel.errors import Conflict, InvalidInput
from ledger.services import periods
from ledger.services.periods import LOCK, REOPEN
from masterdata.services.stepup import StepUp, demand
from reconciliation import close_selectors as reads
from reconciliation import packing
from reconciliation.models import ClosePack

if TYPE_CHECKING:
    from datetime import datetime

    from ledger.models import Period
    from masterdata.models import Company, StagedChange, User

log = structlog.get_logger(__name__)
ASK, DECIDE = "ledger.book", "ledger.confirm"
KINDS = {"lock": LOCK, "reopen": REOPEN}


def _require_met(company: Company, month: str, period: Period | None) -> None:
    missing = [
        f"{one.title}：{'、'.join(one.missing)}"
        for one in reads.checklist(company, month, period)
        if not one.is_met
    ]
    if missing:
        raise Conflict(
            "尚不能结账：" + "；".join(missing),
            "the month cannot be closed yet: " + "; ".join(missing),
            code="not_closable",
        )


@transaction.atomic(durable=True)
def propose(
    *, company_id: int, month: str, version: int, kind: str, actor: User, why: str
) -> StagedChange:
    """The first of two people asks for the month to be closed ("lock") or reopened. Right ledger.book.

    `version` 0: the month had no row yet. Raises NotFound, NotAllowed, StaleVersion, InvalidInput (no reason, no such act),
    Conflict (something that must be true is not; not in that state; a proposal waits).
    """
    scope = masterdata.scope_of(actor)
    company = masterdata.get_company(company_id, scope=scope)
    scope.demand(ASK, company_id)
    if kind not in KINDS:
        raise InvalidInput("没有这种操作", "no such act", field="kind")
    periods.ensure([(company_id, reads.require_month(month))])
    row = ledger.period_selectors.period_row(company_id, month)
    period = ledger.selectors.get_period(row.pk if row else 0, scope=scope, lock=True)
    period.require_version(version or period.version)
    if kind == "lock":
        _require_met(company, month, period)
    return periods.stage(period=period, kind=KINDS[kind], actor=actor, why=why)


@transaction.atomic(durable=True)
def decide(
    *, change_id: int, accept: bool, actor: User, stepup: StepUp | None, why: str = ""
) -> StagedChange:
    """The second person closes or reopens the month, or refuses; with the second factor. Right ledger.confirm.

    What must be true is looked at again. Raises NotFound, NotAllowed (the same natural person), StepUpNeeded, Conflict.
    """
    demand(stepup, actor)
    change = periods.settle(change_id=change_id, accept=accept, actor=actor, why=why)
    if not accept:
        return change
    period = ledger.selectors.get_period(
        int(change.subject_id), scope=masterdata.scope_of(actor), lock=True
    )
    if change.kind == LOCK:
        _require_met(period.company, period.code, period)
    periods.apply(period=period, change=change, actor=actor)
    return change


def archive_due() -> int:
    """Archive every closed month that has no archive yet; how many were made. The tick's."""
    known = set(ClosePack.objects.values_list("company_id", "month", "locked_at"))
    count = 0
    for period in ledger.period_selectors.locked_periods():
        changed = period.changed_at
        if changed is None or (period.company_id, period.code, changed) in known:
            continue
        try:
            count += archive(company_id=period.company_id, month=period.code) is not None
        except Exception:
            # One month's trouble is not the others': it is tried again at the next tick.
            log.exception("archive_failed", company_id=period.company_id, month=period.code)
    return count


def _is_archived(period: Period, closed_at: datetime) -> bool:
    known = ClosePack.objects.filter(company=period.company, month=period.code)
    return known.filter(locked_at=closed_at).exists()


def archive(*, company_id: int, month: str) -> ClosePack | None:
    """Archive a closed month: statements, books, hashes. Nothing while it is open or archived already.

    Drawn outside a transaction, for what is drawn never changes; kept only if the month is still closed by the same close.
    """
    period = ledger.period_selectors.period_row(company_id, month)
    if period is None or not reads.is_locked(period):
        return None
    pack = packing.pack(period)
    return _keep(period.pk, period.version, pack)


@transaction.atomic(durable=True)
def _keep(period_id: int, version: int, pack: packing.Pack) -> ClosePack | None:
    period = ledger.period_selectors.lock_period(period_id)
    closed_at = period.changed_at
    if period.version != version or closed_at is None or _is_archived(period, closed_at):
        return None
    number = ClosePack.objects.filter(company=period.company, month=period.code).count() + 1
    sealed = vault.ring().encrypt(pack.content, aad=aad(period.company_id, period.code, number))
    row = ClosePack.objects.create(
        company=period.company,
        month=period.code,
        number=number,
        locked_at=closed_at,
        content=sealed,
        size=len(pack.content),
        sha256=seal.digest(pack.content),
        manifest=pack.manifest,
    )
    audit.record(
        "reconciliation.month.archived",
        actor=None,
        subject=row,
        after={"month": row.month, "number": number, "sha256": row.sha256, "size": row.size},
    )
    return row


def aad(company_id: int, month: str, number: int) -> str:
    """What an archive's encryption is bound to."""
    return f"close:{company_id}:{month}:{number}"


@transaction.atomic(durable=True)
def open_archive(*, pack_id: int, actor: User) -> tuple[ClosePack, bytes]:
    """The archive as it was made; every download is noted. Raises NotFound (also out of scope), Conflict (altered since)."""
    scope = masterdata.scope_of(actor)
    row = reads.get_pack(pack_id, scope=scope)
    content = vault.ring().decrypt(
        bytes(row.content), aad=aad(row.company_id, row.month, row.number)
    )
    if seal.digest(content) != row.sha256:
        raise Conflict("存档内容与指纹不符", "the archive is not what it was", code="altered")
    audit.record(
        "reconciliation.month.archive_taken", actor=actor, subject=row, after={"sha256": row.sha256}
    )
    return row, content
