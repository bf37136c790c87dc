"""The trail of a payment: what is said of a whole batch is one entry, and every payment in it reads its own line there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from audit import selectors as trail
from audit import services as audit
from kernel.scope import Scope
from payments.models import Batch, PaymentInstruction, PaymentOrder

if TYPE_CHECKING:
    from audit.models import Entry

Wire = Sequence[Mapping[str, str]]


def record_batch(
    event: str,
    batch: Batch,
    told: Mapping[str, Mapping[str, object]],
    *,
    before: str,
    wire: Wire = (),
) -> None:
    """Append one entry about these items of a batch, by instruction number; each was `before`. A step.

    `wire` are the exchanges it follows from, each with the digests of what was said and answered.
    """
    after: dict[str, object] = {"items": {number: dict(said) for number, said in told.items()}}
    if wire:
        after["wire"] = [dict(one) for one in wire]
    audit.record_many([audit.Fact(event, batch, {"state": before}, after)], actor=None)


@dataclass(frozen=True)
class Told:
    """One entry as it concerns one order or one of its instructions."""

    pk: int
    at: datetime
    event: str
    actor_name: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    why: str


def _plain(entry: Entry) -> Told:
    return Told(
        entry.pk, entry.at, entry.event, entry.actor_name, entry.before, entry.after, entry.why
    )


def of_instruction(instruction: PaymentInstruction, *, scope: Scope) -> list[Told]:
    """The trail of one attempt, oldest first: its own entries and its lines in those of the batches it went in."""
    own = list(trail.history("payments.paymentinstruction", instruction.pk, scope=scope))
    batches = {instruction.batch_id} | {entry.after.get("batch_id") for entry in own}
    told = [_plain(entry) for entry in own]
    for batch_id in batches - {None}:
        told += _lines(batch_id, instruction.instr_no, scope)
    return sorted(told, key=lambda one: one.pk)


def _lines(batch_id: int | None, instr_no: str, scope: Scope) -> Iterator[Told]:
    for entry in trail.history("payments.batch", batch_id, scope=scope):
        line = entry.after.get("items", {}).get(instr_no)
        if line is not None:
            yield Told(
                entry.pk,
                entry.at,
                entry.event,
                entry.actor_name,
                entry.before,
                line,
                line.get("why", entry.why),
            )


def of_order(
    order: PaymentOrder, attempts: Sequence[PaymentInstruction], *, scope: Scope
) -> list[Told]:
    """The trail of an order and all its attempts, oldest first."""
    told = [
        _plain(entry) for entry in trail.history("payments.paymentorder", order.pk, scope=scope)
    ]
    for one in attempts:
        told += of_instruction(one, scope=scope)
    return sorted(told, key=lambda one: one.pk)
