"""After a restore: nothing leaves, what may have been sent is asked about, and two people open the gate again.

A backup calls queued what the bank may have paid since. So everything released and not final becomes UNKNOWN under its
own number, new numbers carry a higher epoch, and the gate stays closed until the bank was asked about each of them and the
statements of every account were fetched: what was released and sent after the backup shows there as a debit nobody
claims, which holds its order when somebody tries to pay it again (rule D9).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction

from audit import selectors as trail
from kernel import clock
from kernel.errors import Conflict, InvalidInput
from masterdata import selectors as masterdata
from masterdata.services import gate
from payments.models import PaymentInstruction, PaymentOrder
from payments.services.losing import finish, lost
from payments.services.writing import Change, write
from payments.states import OPEN_AT_BANK
from payments.states import InstructionState as S
from statements import selectors as statements
from statements.daily import first_days

if TYPE_CHECKING:
    from masterdata.models import OutboundGate, OwnAccount, StagedChange, User

WHY = "数据库从备份恢复，备份之后可能已发送"
RIGHT = "payments.adjudicate"


@dataclass(frozen=True)
class Standing:
    """What has to be settled before the gate may open: payments the bank was not asked about, accounts without a statement."""

    gate: OutboundGate
    unasked: int
    unfetched: tuple[OwnAccount, ...]
    waiting: StagedChange | None

    @property
    def is_settled(self) -> bool:
        """Whether opening may be proposed."""
        return not (self.unasked or self.unfetched)


def lose_all(*, epoch: int, by: User, why: str) -> int:
    """Close the gate under this epoch and make everything unknown that may have been sent; how many payments (a step)."""
    gate.close(gate.locked(), why=why, actor=by, epoch=epoch)
    rows = _locked()
    held = [row for row in rows if row.state == S.HELD]
    write([Change(row, S.QUEUED) for row in held], move="lift")
    write([Change(row, S.SENDING) for row in rows if row.state == S.QUEUED], move="claim")
    changes = [lost(row, WHY, clock.now()) for row in rows]
    write(changes, move="lose", fence_step=1)
    finish("payments.instruction.lost", rows, changes, WHY)
    return len(rows)


def _locked() -> list[PaymentInstruction]:
    wanted = (S.QUEUED, S.HELD, S.SENDING)
    orders = PaymentOrder.objects.filter(instruction__state__in=wanted)
    list(orders.select_for_update(of=("self",), no_key=True).order_by("pk").values_list("pk"))
    found = PaymentInstruction.objects.filter(state__in=wanted).select_related("order")
    return list(found.select_for_update(of=("self",), no_key=True).order_by("pk"))


def standing() -> Standing:
    """Where the settling stands. System look-up: the caller has checked the right."""
    now = masterdata.outbound_gate()
    unasked = PaymentInstruction.objects.filter(
        state__in=OPEN_AT_BANK, inquiries=0, unknown_why=WHY
    ).count()
    accounts = masterdata.linked_accounts()
    return Standing(now, unasked, tuple(_unfetched(accounts, now)), gate.waiting())


def _unfetched(accounts: Sequence[OwnAccount], now: OutboundGate) -> list[OwnAccount]:
    """Accounts without a statement of every day from the backup's last one on (and from the release of what it calls open):
    what left after it shows there alone. Days before an account's first statement count for nothing.
    """
    today = clock.today()
    backup = trail.last_before(now.changed_at) or now.changed_at
    lost = PaymentInstruction.objects.filter(unknown_why=WHY).order_by("created_at")
    first = lost.values_list("created_at", flat=True).first() or backup
    oldest = min(one.astimezone(clock.SHANGHAI).date() for one in (backup, first))
    began = first_days([account.pk for account in accounts])
    return [
        account
        for account in accounts
        if not statements.is_told(
            account_id=account.pk,
            first=min(max(oldest, began.get(account.pk, today)), today),
            last=today,
            since=now.changed_at,
        )
    ]


@transaction.atomic(durable=True)
def propose_opening(*, actor: User, why: str) -> StagedChange:
    """Ask for the gate to be opened: another person, an administrator of the bank connections, decides.

    Raises NotAllowed, Conflict (not settled yet, open, or a proposal waits), InvalidInput.
    """
    if not why.strip():
        raise InvalidInput("请填写查清的情况", "a reason is wanted", field="why")
    scope = masterdata.scope_of(actor)
    for company_id in masterdata.head_offices():
        scope.demand(RIGHT, company_id)
    found = standing()
    if not found.is_settled:
        raise Conflict(
            f"还有 {found.unasked} 笔付款未向银行查询、{len(found.unfetched)} 个账户未取到恢复之后的对账单，不能打开出口",
            f"{found.unasked} payments were not asked about, {len(found.unfetched)} accounts have no statement since",
            code="not_settled",
        )
    return gate.propose_opening(actor=actor, why=why)
