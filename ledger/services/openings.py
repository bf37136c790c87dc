"""The balance an account's journal is kept from: set by two people."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import transaction

from audit import services as audit
from kernel.errors import Conflict, InvalidInput
from kernel.money import Money
from ledger import selectors
from ledger.models import JournalOpening
from ledger.rules import period_of
from masterdata import selectors as masterdata
from masterdata.selectors import scope_of
from masterdata.services import changes

if TYPE_CHECKING:
    from masterdata.models import OwnAccount, StagedChange, User

KIND = "ledger.opening"


@transaction.atomic(durable=True)
def propose(
    *, account_id: int, day: date, balance: Decimal, source_note: str, actor: User
) -> StagedChange:
    """The first person says what the book balance was at the beginning of `day`. Right ledger.book.

    Raises NotFound, NotAllowed, InvalidInput (no source, a third decimal), Conflict (month locked, a proposal waits).
    """
    scope = scope_of(actor)
    account = masterdata.get_account(account_id, scope=scope)
    scope.demand("ledger.book", account.company_id)
    exact = Money(balance, account.currency).amount
    if len(source_note.strip()) < 2:
        raise InvalidInput("请填写依据", "a source is wanted", field="source_note")
    _require_open(account, day)
    now = selectors.opening_in_force(account_id)
    return changes.stage(
        KIND,
        subject_id=account_id,
        company_id=account.company_id,
        title=f"日记账期初 {account.number} {day}：{exact:,}",
        before={} if now is None else {"day": str(now.day), "balance": f"{now.balance:.2f}"},
        after={
            "day": day.isoformat(),
            "balance": f"{exact:.2f}",
            "source_note": source_note.strip()[:200],
        },
        actor=actor,
    )


def _require_open(account: OwnAccount, day: date) -> None:
    if (account.company_id, period_of(day)) in selectors.locked_months([account.company_id]):
        raise Conflict(
            f"会计期间 {period_of(day)} 已锁定", "the period is locked", code="period_locked"
        )


@transaction.atomic(durable=True)
def decide(*, change_id: int, accept: bool, actor: User, why: str = "") -> StagedChange:
    """The second person takes the balance into the books, or refuses it. Right ledger.confirm.

    Raises NotFound, NotAllowed (the same natural person), Conflict (decided already, month locked), InvalidInput.
    """
    change = changes.settle(
        change_id, kinds=[KIND], right="ledger.confirm", accept=accept, actor=actor, why=why
    )
    if not accept:
        return change
    account = masterdata.lock_account(int(change.subject_id))
    day = date.fromisoformat(str(change.after["day"]))
    _require_open(account, day)
    row = lay_down(
        account=account,
        day=day,
        balance=Decimal(str(change.after["balance"])),
        source_note=str(change.after["source_note"]),
        people=(change.made_by, actor),
    )
    audit.record(
        "ledger.opening.accepted",
        actor=actor,
        subject=row,
        before=change.before,
        after=change.after,
        why=why,
    )
    return change


def lay_down(
    *,
    account: OwnAccount,
    day: date,
    balance: Decimal,
    source_note: str,
    people: tuple[User, User] | None = None,
) -> JournalOpening:
    """Step: write a version; without people on an installation's first day and in its demo."""
    now = selectors.opening_in_force(account.pk)
    return JournalOpening.objects.create(
        account=account,
        company_id=account.company_id,
        number=1 if now is None else now.number + 1,
        day=day,
        balance=balance,
        currency=account.currency,
        source_note=source_note[:200],
        made_by=people[0] if people else None,
        decided_by=people[1] if people else None,
    )
