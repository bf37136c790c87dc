"""Release under a standing mandate: a sweep the platform drafted goes out without people, inside its limits, or waits for them.

Done in the bank's workers alone: only they can sign for the platform. What stops it leaves the draft as it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import transaction

from approvals import selectors as approvals
from approvals.standing import services as standing
from audit import selectors as trail
from audit import services as audit
from audit.row_verifying import strayed
from kernel import clock
from kernel.errors import DomainError, InvariantBroken
from kernel.vault import KeysAbsent
from masterdata import selectors as masterdata
from payments import selectors
from payments.inforce import InForce
from payments.models import PaymentInstruction, PaymentOrder
from payments.services import ruling
from payments.services.deciding import submit_drafts
from payments.services.holding import change, sort_out
from payments.services.limits import Allowance
from payments.services.releasing import drafted, issue, release_checked
from payments.states import OrderState

if TYPE_CHECKING:
    from approvals.standing.models import StandingAuthority

SOURCE = "collection"  # only what a collection schedule drafted
RELEASED = "payments.order.released_by_standing"
FREED = ("failed", "cancelled", "returned")  # money that did not go, or came back


class Waits(Exception):
    """The order waits for people, and why."""


@transaction.atomic(durable=True)
def release_by_standing(*, order_id: int) -> str:
    """Submit and release one drafted sweep under the mandate of its accounts; "" when done, else why it waits for people.

    The releaser it counts for is whoever signed the mandate.
    """
    order = selectors.lock_order(order_id, scope=masterdata.system_scope())
    _lock_payer(order)
    try:
        with transaction.atomic():
            authority = _authority(order)
            _release(order, authority)
    except (Waits, DomainError, KeysAbsent, InvariantBroken) as error:
        why = error.message if isinstance(error, DomainError) else str(error)
        audit.record("payments.order.standing_refused", actor=None, subject=order, why=why[:200])
        return why
    return ""


def _lock_payer(order: PaymentOrder) -> None:
    rows = masterdata.visible_accounts(masterdata.system_scope()).filter(pk=order.payer_account_id)
    list(rows.select_for_update(of=("self",), no_key=True).values_list("pk"))


def _authority(order: PaymentOrder) -> StandingAuthority:
    """The mandate this order is within. Raises Waits."""
    if (order.state, order.source_system, order.kind) != (OrderState.DRAFT, SOURCE, "internal"):
        raise Waits("只有归集计划起草的上划可由常设授权办理")
    target = masterdata.account_by_number(order.payee_number, scope=masterdata.system_scope())
    if target is None or order.maker is None:
        raise Waits("收款账户不是本集团的账户")
    now = clock.now()
    found = standing.usable(payer_id=order.payer_account_id, target_id=target.pk, now=now)
    if isinstance(found, str):
        raise Waits(found)
    if found.signed.person_key == order.maker.person_key:
        raise Waits("常设授权由制单人签署，须由他人办理")
    if order.maker.person_key in standing.behind(found):
        raise Waits("常设授权由制单人提出或确认，须由他人办理")
    payer_id, currency = order.payer_account_id, order.currency
    if not standing.is_for(found, payer_id=payer_id, target_id=target.pk, currency=currency):
        raise Waits("账户或币种不在常设授权之内")
    if why := standing.beyond(found, order.amount, _used(found, now)):
        raise Waits(why)
    return found


def _used(authority: StandingAuthority, now: datetime) -> standing.Used:
    """What went out between the mandate's accounts today and this month; what is unknown counts, what failed does not.

    Under whichever version or earlier mandate: one that is withdrawn and made anew starts with nothing left over. Raises
    Waits where the trail tells of more releases than there are.
    """
    here = now.astimezone(clock.SHANGHAI)
    midnight = here.replace(hour=0, minute=0, second=0, microsecond=0)
    month_began = midnight.replace(day=1)
    found = standing.released_under(authority, since=month_began - timedelta(days=1))
    told = trail.told_since(RELEASED, month_began)  # a moment later than the release itself
    if not {row.case_id for row in found} >= _of_accounts(told, authority):
        raise Waits("常设授权已授权的记录与操作轨迹不符，可能在平台之外被删除")
    rows = [row for row in found if row.at >= month_began]
    freed = _freed([row.case_id for row in rows])
    counted = [row for row in rows if row.case_id not in freed]
    month = sum((row.amount for row in counted), Decimal(0))
    return standing.Used(sum((r.amount for r in counted if r.at >= midnight), Decimal(0)), month)


def _of_accounts(told: Sequence[dict[str, Any]], authority: StandingAuthority) -> set[int]:
    """The cases of the releases the trail tells of between the mandate's accounts."""
    mine = [authority.payer_id, authority.target_id]
    return {int(said["case"]) for said in told if said.get("accounts") == mine}


def _freed(case_ids: Sequence[int]) -> set[int]:
    """Those of these whose money did not go, or came back, by the word of the platform and of nobody else."""
    rows = PaymentInstruction.objects.filter(order__approval_id__in=case_ids)
    ended = dict(rows.filter(state__in=FREED).values_list("pk", "order__approval_id"))
    live = set(rows.exclude(state__in=FREED).values_list("order__approval_id", flat=True))
    by_hand = (
        {int(key) for key in strayed("payments.paymentinstruction", ended)} if ended else set()
    )
    return {case_id for pk, case_id in ended.items() if pk not in by_hand and case_id} - live


def _raise_for(refused: dict[int, DomainError]) -> None:
    for error in refused.values():
        raise Waits(error.message)


def _release(order: PaymentOrder, authority: StandingAuthority) -> None:
    """All that submit, check and release do, with the mandate in the place of people's decisions. Raises Waits."""
    maker, releaser = order.maker, authority.signed.user
    if maker is None:
        raise Waits("没有制单人")
    _raise_for(submit_drafts([order], actor=maker, scope=masterdata.scope_of(maker)))
    order.move("check_to_release")
    change([order])
    good, refused = sort_out([order], actor=releaser, stage=ruling.RELEASE)
    _raise_for(refused)
    rules = InForce()
    able, unable, dark = release_checked(good, rules)
    _raise_for(unable)
    if dark:
        raise Waits("；".join(hit.message for hits in dark.values() for hit in hits))
    drafts = drafted(able, rules)
    allowance = Allowance(drafts, actor=releaser)
    within, beyond = allowance.fit(drafts)
    _raise_for(beyond)
    (draft,) = within
    (case,) = [
        one
        for one in approvals.cases_of(kind="payment", subject_id=order.pk)
        if one.pk == order.approval_id
    ]
    standing.release(case=case, authority=authority, sealed=draft.digest)
    note = f"常设授权 {authority}"
    allowance.reserve(issue([draft], actor=releaser, note=note))
    _record(order, authority, draft.instruction)


def _record(
    order: PaymentOrder, authority: StandingAuthority, instruction: PaymentInstruction
) -> None:
    audit.record(
        RELEASED,
        actor=None,
        subject=order,
        after={
            "instr_no": instruction.instr_no,
            "case": order.approval_id,
            "accounts": [authority.payer_id, authority.target_id],
            "mandate": str(authority),
            "terms": authority.digest,
            "signed_by": str(authority.signed.user),
            "approvers": [*standing.behind(authority), authority.signed.person_key],
        },
    )
