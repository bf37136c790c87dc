"""The daily reconciliation signed: what a debit is, the day's sign-off, and its reopening when a later fact contradicts it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

import audit.services as audit
import ledger.selectors
import masterdata.selectors as masterdata
import statements.daily
import statements.selectors
from desk import services as desk
from desk.words import said
from kernel import clock
from kernel.errors import Conflict, DomainError, InvalidInput
from ledger.rules import period_of
from masterdata.services.stepup import StepUp, demand
from reconciliation import day_selectors as reads
from reconciliation import selectors
from reconciliation.daily import KINDS, OPEN, PROVEN, Report
from reconciliation.models import DaySignOff, DebitClass
from reconciliation.services.acting import lock
from reconciliation.states import DayState

if TYPE_CHECKING:
    from masterdata.models import OwnAccount, User
    from statements.models import DayClose

SIGN = "reconciliation.match"
LOOK_BACK_DAYS = 40
FRESH_DAYS = 3  # of these days answers of the bank may still come without a new statement
REOPENED = "reconciliation.day_reopened"
GOOD = ("complete", "amended")


@transaction.atomic(durable=True)
def classify(*, account_id: int, entry_id: int, kind: str, note: str, actor: User) -> DebitClass:
    """Say what a debit is that belongs to no instruction of ours (R5). Right reconciliation.match.

    Raises NotFound, NotAllowed, InvalidInput (no such kind, or one that only evidence gives; no debit of the account;
    "other" without a note), Conflict (the day is signed).
    """
    account = selectors.demand(account_id, scope=masterdata.scope_of(actor), right=SIGN)
    lock(account_id)
    if kind not in KINDS or kind in PROVEN:
        raise InvalidInput("没有这种分类", "no such kind", field="kind")
    if kind == "other" and len(note.strip()) < 2:
        raise InvalidInput("选择其他渠道时请说明", "say which channel", field="note")
    found = statements.selectors.entries_of([entry_id])
    if not found or found[0].account_id != account_id or found[0].direction != "debit":
        raise InvalidInput("所选流水不是该账户的支出", "no debit of the account", field="entry")
    if found[0].bank_date in reads.signed_days(
        [account_id], found[0].bank_date, found[0].bank_date
    ).get(account_id, ()):
        raise Conflict("这一天已签署", "signed already", code="already_signed")
    row = DebitClass.objects.create(
        account=account,
        company_id=account.company_id,
        entry_id=entry_id,
        number=DebitClass.objects.filter(entry_id=entry_id).count() + 1,
        kind=kind,
        note=note.strip()[:200],
        made_by=actor,
    )
    audit.record(
        "reconciliation.debit.classified",
        actor=actor,
        subject=row,
        after={"entry_id": entry_id, "kind": kind},
        why=row.note,
    )
    return row


def obstacles(account: OwnAccount, check: DayClose | None, report: Report) -> list[str]:
    """Why the day cannot be signed, in the viewer's words; empty when it can. The caller was allowed to see the account."""
    found = []
    if check is None:
        found.append(_("没有这一天的对账单"))
    elif not check.is_closed:
        found.append(_("对账单尚为暂定，次日重新取得后才能签署"))
    elif check.status not in GOOD:
        found.append(_("对账单核对不符：%(note)s") % {"note": check.note})
    if report.is_stopped:
        found.append(_("有 R4 或 R6：账户已冻结，须先由两人裁定"))
    if report.unclassified:
        found.append(_("有 %(n)s 笔平台外扣款尚未分类") % {"n": len(report.unclassified)})
    return found


@dataclass(frozen=True)
class Asked:
    """A day a person signs, and the entries as the page showed them."""

    account_id: int
    entries_digest: str


@dataclass(frozen=True)
class AskedDay:
    """One of many days a person signs at once."""

    day: date
    asked: Asked


@transaction.atomic(durable=True)
def sign(
    *, asked: Asked, day: date, actor: User, stepup: StepUp | None, note: str = ""
) -> DaySignOff:
    """Sign one account's day. Right reconciliation.match, with the second factor.

    Raises NotFound, NotAllowed, StepUpNeeded, InvalidInput (what keeps it from being signed; a reason is wanted), Conflict
    (signed already, or the day changed since it was shown).
    """
    account = selectors.demand(asked.account_id, scope=masterdata.scope_of(actor), right=SIGN)
    given = demand(stepup, actor)
    lock(account.pk)
    report = reads.reports([account], day)[account.pk]
    check = statements.daily.day_checks([account.pk], day).get(account.pk)
    if found := obstacles(account, check, report):
        words = "；".join(found)
        raise InvalidInput(words, words, code="not_signable")
    if report.entries_digest() != asked.entries_digest:
        raise Conflict(
            "当日流水在您查看后有变化，请核对后再签署",
            "the day changed since it was shown",
            code="stale_day",
        )
    if report.wants_reason and len(note.strip()) < 2:
        raise InvalidInput("尚有未决事项，签署须写明原因", "a reason is wanted", field="note")
    earlier = DaySignOff.objects.filter(account=account, day=day)
    if earlier.filter(state=DayState.SIGNED).exists():
        raise Conflict("这一天已签署", "signed already", code="already_signed")
    row = _write(account, day, check, report, number=earlier.count() + 1, actor=actor, note=note, factor=given.words)  # type: ignore[arg-type]  # obstacles saw to the check  # fmt: skip
    desk.close_case(
        kind=REOPENED,
        subject_kind="masterdata.ownaccount",
        subject_id=f"{account.pk}:{day}",
        outcome="已重新签署",
    )
    audit.record(
        "reconciliation.day.signed",
        actor=actor,
        subject=row,
        after={"day": day, "counts": row.counts, "closing": row.closing},
        why=row.note,
    )
    return row


def _write(
    account: OwnAccount,
    day: date,
    check: DayClose,
    report: Report,
    *,
    number: int,
    actor: User,
    note: str,
    factor: str,
) -> DaySignOff:
    return DaySignOff.objects.create(
        account=account,
        company_id=account.company_id,
        day=day,
        number=number,
        opening=check.opening,
        credits=check.credits,
        debits=check.debits,
        closing=check.closing,
        counts=report.counts,
        problems=sorted(report.problems()),
        entries_digest=report.entries_digest(),
        open_count=report.counts.get(OPEN, 0),
        note=note.strip()[:200],
        signed_by=actor,
        signed_factor=factor[:60],
    )


def sign_many(
    *, asked: Sequence[AskedDay], actor: User, stepup: StepUp | None
) -> tuple[int, list[str]]:
    """Sign days of many accounts, each on its own; (how many, what kept the others from being signed)."""
    done, refused = 0, []
    for one in asked:
        try:
            sign(asked=one.asked, day=one.day, actor=actor, stepup=stepup)
        except DomainError as error:
            account = masterdata.account_by_id(one.asked.account_id)
            number = account.number if account else one.asked.account_id
            refused.append(f"{number} {one.day}：{said(error)}")
        else:
            done += 1
    return done, refused


def look_again() -> int:
    """Reopen every signed day of the last weeks that a later fact contradicts; how many. The tick's."""
    since = clock.today() - timedelta(days=LOOK_BACK_DAYS)
    rows = list(DaySignOff.objects.filter(state=DayState.SIGNED, day__gte=since).order_by("day"))
    if not rows:
        return 0
    checked = statements.daily.checked_at([(row.account_id, row.day) for row in rows])
    fresh = clock.today() - timedelta(days=FRESH_DAYS)
    due = [
        row
        for row in rows
        if row.day >= fresh or checked.get((row.account_id, row.day), row.looked_at) > row.looked_at
    ]
    return sum(_look_at(day, list(signed)) for day, signed in groupby(due, key=lambda row: row.day))


def _look_at(day: date, rows: Sequence[DaySignOff]) -> int:
    """Look at one day of many accounts at once; what seems contradicted is looked at again on its own, locked."""
    now, system = clock.now(), masterdata.system_scope()
    wanted = [row.account_id for row in rows]
    accounts = {one.pk: one for one in masterdata.visible_accounts(system).filter(pk__in=wanted)}
    checks = statements.daily.day_checks(wanted, day)
    reports = reads.reports(list(accounts.values()), day)
    holding: list[int] = []
    doubtful: list[int] = []
    for row in rows:
        why = _contradiction(row, checks.get(row.account_id), reports[row.account_id])
        (doubtful if why else holding).append(row.pk)
    DaySignOff.objects.filter(pk__in=holding).update(looked_at=now)
    return sum(_look(pk) for pk in doubtful)


@transaction.atomic(durable=True)
def _look(sign_off_id: int) -> bool:
    row = DaySignOff.objects.select_for_update().get(pk=sign_off_id)
    if row.state != DayState.SIGNED:
        return False
    account = masterdata.account_by_id(row.account_id)
    if account is None or (
        account.company_id,
        period_of(row.day),
    ) in ledger.selectors.locked_months([account.company_id]):
        return False  # what a closed month learns is a matter of reopening the month
    report = reads.reports([account], row.day)[account.pk]
    check = statements.daily.day_checks([account.pk], row.day).get(account.pk)
    why = _contradiction(row, check, report)
    row.looked_at = clock.now()
    if not why:
        row.save_changes(["looked_at"])
        return False
    row.move("reopen")
    row.reopened_at, row.reopened_why = clock.now(), why[:300]
    row.save_changes()
    audit.record(
        "reconciliation.day.reopened", actor=None, subject=row, after={"day": row.day}, why=why
    )
    desk.open_case(
        kind=REOPENED,
        subject_kind="masterdata.ownaccount",
        subject_id=f"{account.pk}:{row.day}",
        company_id=account.company_id,
        severity="high",
        title=f"账户 {account.number} {row.day} 的日对账重新打开",
        reason=why[:500],
        next_step="核对变化后重新签署",
        owner_role="recon_accountant",
        page=f"/reconciliation/days/{account.pk}/{row.day}/",
    )
    return True


def _contradiction(row: DaySignOff, check: DayClose | None, report: Report) -> str:
    """What contradicts the sign-off, in words; "" when it holds."""
    if report.entries_digest() != row.entries_digest:
        return "银行当日流水有增减或更正"
    if check is None or check.status not in GOOD:
        return f"对账单核对不符：{check.note if check else ''}"
    if fresh := report.problems() - set(row.problems):
        return f"新出现：{'、'.join(sorted(fresh))}"
    return ""
