"""A person's wish that the bank be asked now: the inquiry tick does it at its next turn."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction

import audit.services as audit
from kernel import clock
from kernel.errors import Conflict, NotFound
from kernel.scope import Scope
from masterdata import selectors as master
from masterdata.selectors import scope_of
from payments import selectors
from payments.models import PaymentInstruction
from payments.states import OPEN_AT_BANK

if TYPE_CHECKING:
    from masterdata.models import User

PAUSE_S = 60  # a person may not ask more often, whatever the bank allows


@transaction.atomic(durable=True)
def ask_now(*, instruction_id: int, actor: User, scope: Scope | None = None) -> PaymentInstruction:
    """Make the next inquiry of an open instruction due now; a calling system brings its own `scope`.

    Raises NotFound, NotAllowed without `payments.inquire`, Conflict when it is final or was asked too recently.
    """
    scope = scope_of(actor) if scope is None else scope
    seen = selectors.visible_instructions(scope).filter(pk=instruction_id).first()
    if seen is None:
        raise NotFound("payment instruction")
    scope.demand("payments.inquire", seen.company_id)
    row = selectors.lock_instruction(instruction_id)
    if row.state not in OPEN_AT_BANK:
        raise Conflict("此笔已有结果，无需查询", "the payment is final", code="not_open")
    pause = PAUSE_S
    try:
        pause = max(pause, master.bank_profile(row.connection.bank_slug).min_inquiry_interval_s)
    except NotFound:
        pause = PAUSE_S
    if row.last_inquiry_at is not None and clock.now() < row.last_inquiry_at + timedelta(
        seconds=pause
    ):
        again = (row.last_inquiry_at + timedelta(seconds=pause)).astimezone(clock.SHANGHAI)
        raise Conflict(
            f"刚刚查询过，{again:%H:%M:%S} 之后可再次查询",
            "asked too recently",
            code="asked_recently",
        )
    row.next_inquiry_at = clock.now()
    row.save_changes(["next_inquiry_at"])
    audit.record("payments.instruction.inquiry_wished", actor=actor, subject=row)
    return row
