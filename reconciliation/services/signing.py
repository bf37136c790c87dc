"""Bank reconciliation statements: what people say of outstanding items, the preparer's and the reviewer's signature."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

import audit.services as audit
import ledger.selectors
import masterdata.selectors as masterdata
import statements.selectors
from desk import services as desk
from kernel import clock, seal
from kernel.errors import Conflict, InvalidInput, NotAllowed
from ledger.rules import period_of
from masterdata.services.stepup import StepUp, demand
from reconciliation import outstanding, selectors
from reconciliation import statement_selectors as reads
from reconciliation.brs import OLD_DAYS, REASON_DAYS, Sheet
from reconciliation.models import BankReconciliationStatement, OpeningItems, OutstandingItem
from reconciliation.outstanding import Known
from reconciliation.services.acting import lock
from reconciliation.states import StatementState

if TYPE_CHECKING:
    from masterdata.models import OwnAccount, User

PREPARE, REVIEW = "reconciliation.match", "reconciliation.decide"
OLD_ITEMS = "reconciliation.items_old"


@transaction.atomic(durable=True)
def say(
    *,
    account_id: int,
    side: str,
    line_id: int,
    reason: str,
    next_step: str,
    owner_id: int | None,
    actor: User,
) -> OutstandingItem:
    """Say of an outstanding line why, who sees to it, and what is next; former words are kept. Right reconciliation.match.

    Raises NotFound, NotAllowed, InvalidInput (no line of the account, no such person, nothing said).
    """
    account = selectors.demand(account_id, scope=masterdata.scope_of(actor), right=PREPARE)
    lock(account_id)
    if side not in OutstandingItem.Side.values or not reads.is_line_of(account_id, side, line_id):
        raise InvalidInput("所选流水不属于该账户", "no line of the account", field="line")
    if not (reason.strip() or next_step.strip() or owner_id):
        raise InvalidInput("请填写原因、处理人或下一步", "nothing was said", field="reason")
    known = OutstandingItem.objects.filter(account_id=account_id, side=side, line_id=line_id)
    row = OutstandingItem.objects.create(
        account=account,
        company_id=account.company_id,
        side=side,
        line_id=line_id,
        number=known.count() + 1,
        reason=reason.strip()[:300],
        next_step=next_step.strip()[:200],
        owner_id=owner_id,
        made_by=actor,
    )
    told = {"side": side, "line_id": line_id, "owner": owner_id, "next_step": row.next_step}
    audit.record("reconciliation.item.worded", actor=actor, subject=row, after=told, why=row.reason)
    return row


@transaction.atomic(durable=True)
def name_opening_items(
    *, account_id: int, bank_ids: Collection[int], book_ids: Collection[int], why: str, actor: User
) -> OpeningItems:
    """Say which lines older than the book's opening were outstanding at it (期初未达账项). Right reconciliation.match.

    Raises NotFound, NotAllowed, InvalidInput (no reason, a line that is none of these), Conflict (no opening set).
    """
    account = selectors.demand(account_id, scope=masterdata.scope_of(actor), right=PREPARE)
    lock(account_id)
    opening = ledger.selectors.opening_in_force(account_id)
    if opening is None:
        raise Conflict("该账户尚未设定日记账期初", "no opening is set", code="no_opening")
    if len(why.strip()) < 2:
        raise InvalidInput("请填写依据", "a source is wanted", field="why")
    known = outstanding.known_at(account_id, clock.now())
    old_bank, old_book = outstanding.before_opening(account_id, opening.day, known)
    if not (set(bank_ids) <= set(old_bank) and set(book_ids) <= set(old_book)):
        raise InvalidInput(
            "只能选择启用日之前未勾对的流水", "lines before the opening only", field="ids"
        )
    before = outstanding.opening_items(account_id, known.at)
    row = OpeningItems.objects.create(
        account=account,
        company_id=account.company_id,
        number=1 if before is None else before.number + 1,
        bank_ids=sorted(bank_ids),
        book_ids=sorted(book_ids),
        why=why.strip()[:200],
        made_by=actor,
    )
    audit.record(
        "reconciliation.opening_items.named",
        actor=actor,
        subject=row,
        before=None if before is None else {"bank": before.bank_ids, "book": before.book_ids},
        after={"bank": row.bank_ids, "book": row.book_ids},
        why=row.why,
    )
    return row


def obstacles(account: OwnAccount, sheet: Sheet) -> list[str]:
    """Why the statement cannot be signed, in words; empty when it can. The caller was allowed to see the account."""
    found = []
    if sheet.book is None:
        found.append(_("日记账尚未设定期初余额，没有账面余额"))
    if sheet.balance is None:
        found.append(_("没有银行对账单余额"))
    if sheet.difference:
        found.append(_("调节后余额不等，相差 %(by)s") % {"by": f"{sheet.difference:,}"})
    if not statements.selectors.is_day_proven(account.pk, sheet.day):
        found.append(_("%(day)s 的对账单尚未关闭或核对不符") % {"day": sheet.day})
    if unexplained := sheet.unexplained():
        found.append(
            _("有 %(n)s 笔超过 %(days)s 天的未达账项没有写明原因")
            % {"n": len(unexplained), "days": REASON_DAYS}
        )
    if is_locked(account, sheet.day):
        found.append(_("会计期间 %(month)s 已锁定") % {"month": period_of(sheet.day)})
    return found


def is_locked(account: OwnAccount, day: date) -> bool:
    """Whether the day's month is closed for the account's company. System look-up."""
    month = (account.company_id, period_of(day))
    return month in ledger.selectors.locked_months([account.company_id])


@transaction.atomic(durable=True)
def prepare(
    *, account_id: int, day: date, figures: str, actor: User, stepup: StepUp | None
) -> BankReconciliationStatement:
    """The preparer signs the account's statement at the end of `day` as it is known now. Right reconciliation.match.

    `figures` is what the page showed (`Sheet.figures`). A statement of the day that waits for its reviewer is superseded.
    Raises NotFound, NotAllowed, StepUpNeeded, InvalidInput (what keeps it from being signed), Conflict (it changed since).
    """
    account = selectors.demand(account_id, scope=masterdata.scope_of(actor), right=PREPARE)
    given = demand(stepup, actor)
    lock(account_id)
    known = outstanding.known_at(account_id, clock.now())
    sheet = outstanding.sheet(account, day, known)
    if sheet.figures() != figures:
        raise Conflict(
            "调节表的数字在您查看后有变化，请核对后再签字",
            "the statement changed since it was shown",
            code="stale_statement",
        )
    if found := obstacles(account, sheet):
        words = "；".join(found)  # in the signer's own language
        raise InvalidInput(words, words, code="not_signable")
    row = _write(account, sheet, known, actor=actor, factor=given.words)
    _escalate(account, sheet)
    audit.record("reconciliation.statement.prepared", actor=actor, subject=row, after=_told(row))
    return row


def _write(
    account: OwnAccount, sheet: Sheet, known: Known, *, actor: User, factor: str
) -> BankReconciliationStatement:
    content = sheet.content()
    earlier = BankReconciliationStatement.objects.filter(account=account, day=sheet.day)
    for waiting in earlier.filter(state=StatementState.PREPARED).select_for_update():
        _supersede(waiting, actor)
    return BankReconciliationStatement.objects.create(
        account=account,
        company_id=account.company_id,
        day=sheet.day,
        number=earlier.count() + 1,
        content=content.decode(),
        digest=seal.digest(content),
        known_at=known.at,
        entry_id=known.entry_id,
        journal_id=known.journal_id,
        act_id=known.act_id,
        difference=sheet.difference,
        item_count=len(sheet.items),
        prepared_by=actor,
        prepared_factor=factor[:60],
    )


def _told(row: BankReconciliationStatement) -> dict[str, object]:
    return {"day": row.day, "number": row.number, "digest": row.digest, "items": row.item_count}


def _supersede(row: BankReconciliationStatement, actor: User) -> None:
    before = str(row.state)
    row.move("supersede")
    row.save_changes(["state"])
    audit.record(
        "reconciliation.statement.superseded", actor=actor, subject=row, before={"state": before}
    )


def _escalate(account: OwnAccount, sheet: Sheet) -> None:
    """Items older than 30 days go to the treasurer; once none is left the case is closed."""
    old = sheet.aged(OLD_DAYS)
    if not old:
        desk.close_case(
            kind=OLD_ITEMS,
            subject_kind="masterdata.ownaccount",
            subject_id=account.pk,
            outcome="已无超过 30 天的未达账项",
        )
        return
    desk.open_case(
        kind=OLD_ITEMS,
        subject_kind="masterdata.ownaccount",
        subject_id=account.pk,
        company_id=account.company_id,
        title=f"账户 {account.number} 有 {len(old)} 笔未达账项超过 {OLD_DAYS} 天",
        reason=f"截至 {sheet.day}，最久 {sheet.oldest} 天",
        next_step="逐笔查明原因并处理",
        owner_role="treasurer",
        page=f"/reconciliation/brs/{account.pk}/?day={sheet.day}",
    )


@transaction.atomic(durable=True)
def review(
    *,
    statement_id: int,
    version: int,
    accept: bool,
    actor: User,
    stepup: StepUp | None,
    why: str = "",
) -> BankReconciliationStatement:
    """The reviewer signs a prepared statement, or sends it back with a reason. Right reconciliation.decide.

    Raises NotFound, NotAllowed (the preparer's own person), StepUpNeeded, StaleVersion, IllegalMove, InvalidInput.
    """
    scope = masterdata.scope_of(actor)
    row = reads.get_statement(statement_id, scope=scope, lock=True)
    scope.demand(REVIEW, row.company_id)
    row.require_version(version)
    given = demand(stepup, actor)
    _require_other_person(row, actor)
    if not accept and len(why.strip()) < 2:
        raise InvalidInput("退回时请填写原因", "sending back wants a reason", field="why")
    if accept:
        _require_open_month(row)
    standing = BankReconciliationStatement.objects.filter(
        account_id=row.account_id, day=row.day, state=StatementState.REVIEWED
    )
    for former in standing.select_for_update() if accept else ():
        _supersede(former, actor)
    row.move("review" if accept else "send_back")
    row.reviewed_by, row.reviewed_at, row.reviewed_factor = actor, clock.now(), given.words[:60]
    row.note = why.strip()[:200]
    row.save_changes()
    event = "reviewed" if accept else "sent_back"
    audit.record(
        f"reconciliation.statement.{event}",
        actor=actor,
        subject=row,
        after=_told(row),
        why=row.note,
    )
    return row


def _require_other_person(row: BankReconciliationStatement, actor: User) -> None:
    lent = masterdata.lent_between(row.prepared_by, actor, at=row.prepared_at)
    if row.prepared_by.person_key == actor.person_key or lent:
        raise NotAllowed(
            "制表人不能复核自己编制的调节表",
            "the preparer may not review",
            code="same_person",
        )


def _require_open_month(row: BankReconciliationStatement) -> None:
    month = period_of(row.day)
    if (row.company_id, month) in ledger.selectors.locked_months([row.company_id]):
        raise Conflict(
            f"会计期间 {month} 已锁定，调节表不能再签字",
            f"period {month} is locked",
            code="period_locked",
        )
