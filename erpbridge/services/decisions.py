"""The second administrator's word on whatever concerns a finance system: settings, secrets, column mappings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from audit import services as audit
from erpbridge.services import mappings, systems
from masterdata.services.staging import settle

if TYPE_CHECKING:
    from masterdata.models import StagedChange, User

APPLY = {**systems.APPLY, **mappings.APPLY}


@transaction.atomic(durable=True)
def decide(*, change_id: int, accept: bool, actor: User, why: str = "") -> StagedChange:
    """Take a proposal into force, or refuse it. Raises NotFound, NotAllowed (own person), Conflict, InvalidInput."""
    change = settle(
        change_id, kinds=APPLY, right=systems.RIGHT, accept=accept, actor=actor, why=why
    )
    if accept:
        apply, event = APPLY[change.kind]
        audit.record(
            event,
            actor=actor,
            subject=apply(change, actor),
            before=change.before,
            after=change.after,
            why=why,
        )
    return change
