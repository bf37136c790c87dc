"""Saying no to what the machine proposes: an act like any other, and undone like any other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

import audit.services as audit
import masterdata.selectors as masterdata
from kernel.errors import Conflict
from reconciliation import selectors
from reconciliation.models import Act, Proposal, Refusal
from reconciliation.services.acting import begin, lock

if TYPE_CHECKING:
    from masterdata.models import User


@transaction.atomic(durable=True)
def refuse(*, account_id: int, proposal_id: int, actor: User, why: str = "") -> Act:
    """These lines do not belong together: nobody is asked about them again. Right reconciliation.match.

    Raises NotFound, NotAllowed, Conflict (the proposal is no more: a later run asks otherwise).
    """
    scope = masterdata.scope_of(actor)
    selectors.demand(account_id, scope=scope, right=selectors.MATCH)
    row = lock(account_id)
    asked = Proposal.objects.filter(account_id=account_id, pk=proposal_id).first()
    if asked is None:
        raise Conflict(
            "该建议已更新，请查看最新建议", "the proposal is no more", code="proposal_gone"
        )
    if (tuple(asked.bank_ids), tuple(asked.book_ids)) in selectors.refused_parts(account_id):
        raise Conflict("该建议已被否决", "refused already", code="proposal_gone")
    act = begin(Act.Kind.REFUSE, row, actor=actor, why=why.strip()[:300])
    Refusal.objects.create(
        act=act, account_id=account_id, bank_ids=asked.bank_ids, book_ids=asked.book_ids
    )
    audit.record(
        "reconciliation.proposal.refused",
        actor=actor,
        subject=act,
        after={"bank": asked.bank_ids, "book": asked.book_ids, "rung": f"M{asked.rung}"},
        why=why,
    )
    return act
