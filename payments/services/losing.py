"""Leaving SENDING without an answer: the change that makes an item UNKNOWN, and its trail."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import audit.services as audit
from payments.inquiry import first_inquiry_at
from payments.models import PaymentInstruction
from payments.outcomes import ReportedOutcome
from payments.services.writing import Change, show
from payments.states import InstructionState as S
from payments.trail import Wire


def lost(
    row: PaymentInstruction, why: str, now: datetime, outcome: ReportedOutcome | None = None
) -> Change:
    """UNKNOWN from now on, because of `why`, with what the bank said where it said anything; the first question is dated."""
    return Change(
        row,
        S.UNKNOWN,
        bank_serial=outcome.bank_serial if outcome else "",
        bank_code=outcome.code if outcome else "",
        bank_text=outcome.text if outcome else "",
        unknown_since=now,
        unknown_why=why[:200],
        next_inquiry_at=first_inquiry_at(S.UNKNOWN, now),
    )


def finish(
    event: str,
    rows: Sequence[PaymentInstruction],
    changes: Sequence[Change],
    why: str = "",
    *,
    wire: Wire = (),
) -> None:
    """Show the new states and record one fact an item."""
    show([row.pk for row in rows])
    audit.record_many(
        [
            audit.Fact(
                event,
                one.row,
                {"state": S.SENDING},
                {
                    **one.facts(),
                    "batch_id": one.row.batch_id,
                    **({"wire": [dict(said) for said in wire]} if wire else {}),
                },  # its trail leads through every batch it went in
                why or one.unknown_why,
            )
            for one in changes
        ],
        actor=None,
    )
