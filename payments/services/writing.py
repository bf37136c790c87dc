"""The one set-based write of instruction states: a list of changes becomes one UPDATE, the orders' shown state another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from kernel import clock
from kernel.errors import InvariantBroken
from payments.models import PaymentInstruction
from payments.services import freeing
from payments.services.cases import follow_instructions
from payments.states import INSTRUCTION


@dataclass
class Change:
    """What becomes of one locked instruction; empty texts and None leave a column as it is, `next_inquiry_at` excepted."""

    row: PaymentInstruction
    target: str
    bank_serial: str = ""
    bank_code: str = ""
    bank_text: str = ""
    hold_reason: str = ""
    unknown_why: str = ""
    unknown_since: datetime | None = None
    next_inquiry_at: datetime | None = None
    not_before: datetime | None = None
    final_at: datetime | None = None

    def facts(self) -> dict[str, object]:
        """What the trail says of it."""
        said = {
            "state": self.target,
            "bank_serial": self.bank_serial,
            "code": self.bank_code,
            "text": self.bank_text,
        }
        return {name: value for name, value in said.items() if value}

    def told(self) -> dict[str, object]:
        """The same, and why its end is unknown, for an entry that speaks of many."""
        return self.facts() | ({"why": self.unknown_why} if self.unknown_why else {})


_WRITE = """
    UPDATE payments_paymentinstruction i
    SET state = %s, version = i.version + 1, updated_at = %s, fence = i.fence + %s,
        bank_serial = COALESCE(NULLIF(v.bank_serial, ''), i.bank_serial),
        bank_code = COALESCE(NULLIF(v.bank_code, ''), i.bank_code),
        bank_text = COALESCE(NULLIF(v.bank_text, ''), i.bank_text),
        hold_reason = v.hold_reason,
        unknown_why = COALESCE(NULLIF(v.unknown_why, ''), i.unknown_why),
        unknown_since = COALESCE(v.unknown_since, i.unknown_since),
        next_inquiry_at = v.next_inquiry_at,
        not_before = COALESCE(v.not_before, i.not_before),
        final_at = v.final_at,
        lease_until = CASE WHEN i.state = 'sending' THEN NULL ELSE i.lease_until END
    FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::timestamptz[],
                %s::timestamptz[], %s::timestamptz[], %s::timestamptz[])
         AS v(id, bank_serial, bank_code, bank_text, hold_reason, unknown_why, unknown_since, next_inquiry_at,
              not_before, final_at)
    WHERE i.id = v.id AND i.state = ANY(%s)
"""


def write(changes: Sequence[Change], *, move: str, fence_step: int = 0) -> None:
    """Make `move` on every row of the list in one statement; raises IllegalMove before, InvariantBroken after the fact."""
    if not changes:
        return
    sources = {change.row.pk: str(change.row.state) for change in changes}
    targets = {INSTRUCTION.target(move, source) for source in set(sources.values())}
    if len(targets) != 1:
        raise InvariantBroken(f"{move} leads to several states at once")
    target = str(targets.pop())
    columns = list(
        zip(
            *(
                (
                    one.row.pk,
                    one.bank_serial[:40],
                    one.bank_code[:20],
                    one.bank_text[:200],
                    one.hold_reason[:200],
                    one.unknown_why[:200],
                    one.unknown_since,
                    one.next_inquiry_at,
                    one.not_before,
                    one.final_at,
                )
                for one in changes
            ),
            strict=True,
        )
    )
    with connection.cursor() as cursor:
        values: list[Any] = [
            target,
            clock.now(),
            fence_step,
            *(list(column) for column in columns),
            sorted(set(sources.values())),
        ]
        cursor.execute(_WRITE, values)
        if cursor.rowcount != len(changes):
            raise InvariantBroken(
                f"{move}: {cursor.rowcount} of {len(changes)} locked rows changed"
            )
    for one in changes:
        one.row.move(move)
        one.row.version += 1
    freeing.follow(move, [one.row.pk for one in changes])
    follow_instructions(changes, sources=sources, target=target)


_SHOW = """
    UPDATE payments_paymentorder o
    SET shown_state = i.state, version = o.version + 1, updated_at = %s
    FROM payments_paymentinstruction i
    WHERE i.id = ANY(%s) AND o.id = i.order_id AND o.instruction_id = i.id AND o.state = 'released'
      AND o.shown_state <> i.state
"""


def show(instruction_ids: Sequence[int]) -> None:
    """Let the orders behind these instructions show their state. The orders are locked by the caller."""
    if instruction_ids:
        with connection.cursor() as cursor:
            cursor.execute(_SHOW, [clock.now(), list(instruction_ids)])
