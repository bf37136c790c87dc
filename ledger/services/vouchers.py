"""What people do with vouchers: post or void a draft, ask for a reversal; and the ERP's acknowledgement."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING

from django.db import transaction

from audit import services as audit
from kernel import clock
from kernel.errors import InvalidInput
from ledger import selectors
from ledger.models import Voucher
from ledger.services import periods, posting
from ledger.services.posting import Undoing
from ledger.states import VoucherState
from masterdata.selectors import scope_of
from masterdata.services.payees import demand_other_person

if TYPE_CHECKING:
    from masterdata.models import User


@transaction.atomic(durable=True)
def post_draft(*, voucher_id: int, version: int, actor: User) -> Voucher:
    """The second person posts a draft; a red one reverses its original with it. Right ledger.confirm.

    Raises NotFound, NotAllowed (right missing, the maker's own person), StaleVersion, Conflict (no draft, month locked).
    """
    scope = scope_of(actor)
    voucher = selectors.lock_voucher(voucher_id, scope=scope)
    scope.demand("ledger.confirm", voucher.company_id)
    voucher.require_version(version)
    demand_other_person(voucher.maker, actor)
    if (voucher.company_id, voucher.period) in selectors.locked_months([voucher.company_id]):
        raise periods.PeriodLocked(voucher.period)
    first = voucher.reverses
    if first is not None:
        first = Voucher.objects.select_for_update().get(pk=first.pk)
    posting.finish([voucher], actor=actor)
    if first is not None:
        posting.mark_reversed(first, voucher, actor=actor, why=voucher.description)
    return voucher


@transaction.atomic(durable=True)
def void_draft(*, voucher_id: int, version: int, actor: User, why: str) -> Voucher:
    """End a draft; it has no number, so none is missing. Its maker, or whoever may post it.

    Raises NotFound, NotAllowed, StaleVersion, Conflict (not a draft), InvalidInput (no reason).
    """
    scope = scope_of(actor)
    voucher = selectors.lock_voucher(voucher_id, scope=scope)
    if voucher.maker is None or voucher.maker.person_key != actor.person_key:
        scope.demand("ledger.confirm", voucher.company_id)
    voucher.require_version(version)
    if not why.strip():
        raise InvalidInput("请填写作废原因", "a reason is wanted", field="why")
    voucher.move("void")
    voucher.posting_key = f"{voucher.posting_key}:void{voucher.pk}"[
        -100:
    ]  # the fact may come again
    voucher.save_changes(["state", "posting_key"])
    audit.record(
        "ledger.voucher.voided",
        actor=actor,
        subject=voucher,
        before={"state": VoucherState.DRAFT},
        after={"state": str(voucher.state)},
        why=why.strip(),
    )
    return voucher


@transaction.atomic(durable=True)
def ask_reversal(*, voucher_id: int, version: int, day: date, actor: User, why: str) -> Voucher:
    """Draft the red voucher of a posted one; another person posts it. Right ledger.book. Returns the draft.

    Raises NotFound, NotAllowed, StaleVersion, Conflict (not posted, red itself, or a reversal waits), InvalidInput.
    """
    scope = scope_of(actor)
    first = selectors.lock_voucher(voucher_id, scope=scope)
    scope.demand("ledger.book", first.company_id)
    first.require_version(version)
    draft = posting.red_draft(Undoing(first, day, why), actor=actor)
    posting.write([draft])
    audit.record(
        "ledger.voucher.reversal_asked", actor=actor, subject=first, after={"day": day}, why=why
    )
    return draft.voucher


def acknowledge(numbers: Mapping[int, str]) -> int:
    """Step: the ERP took these posted vouchers (id → the number it gave); how many were not acknowledged before."""
    rows = list(
        Voucher.objects.select_for_update()
        .filter(pk__in=numbers, state=VoucherState.POSTED)
        .order_by("pk")
    )
    for voucher in rows:
        voucher.move("acknowledge")
        voucher.acked_at, voucher.erp_voucher_no = clock.now(), numbers[voucher.pk][:40]
        voucher.save_changes(["state", "acked_at", "erp_voucher_no"])
    audit.record_many(
        [
            audit.Fact("ledger.voucher.acknowledged", row, after={"erp_no": row.erp_voucher_no})
            for row in rows
        ],
        actor=None,
    )
    return len(rows)
