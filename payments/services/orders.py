"""Payment orders: the commands of people, single and in bulk. The parts live beside this module, split by what they do.

Check, approve and release are signed: `hand` is the person's unlocked key, the second factor just given and what the page
showed; without it they are refused with NotAllowed (unsigned).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from payments.models import PaymentInstruction, PaymentOrder
from payments.outcomes import BulkResult
from payments.services.deciding import CHUNK, Item, run_chunk
from payments.services.drafting import create_order, draft_order, edit_order
from payments.services.ending import (
    cancel_order,
    return_to_maker,
    void_order,
)
from payments.services.hands import Hand
from payments.services.lifting import lift_hold, lift_instruction
from payments.services.refusals import ContentAltered, Held
from payments.services.reissuing import reissue_order

if TYPE_CHECKING:
    from masterdata.models import User

__all__ = [
    "BulkResult",
    "ContentAltered",
    "Hand",
    "Held",
    "approve_order",
    "approve_orders",
    "cancel_order",
    "check_order",
    "check_orders",
    "create_order",
    "draft_order",
    "edit_order",
    "lift_hold",
    "lift_instruction",
    "reissue_order",
    "release_order",
    "release_orders",
    "return_to_maker",
    "submit_order",
    "submit_orders",
    "void_order",
]


def _run_one(
    name: str,
    *,
    order_id: int,
    version: int,
    actor: User,
    digest: str = "",
    note: str = "",
    hand: Hand | None = None,
) -> None:
    """One step for one order; a hold it ran into stays, then the refusal is raised."""
    refused = run_chunk(name, [(order_id, version, digest)], actor, note, hand)
    if order_id in refused:
        raise refused[order_id]


def _run_many(
    name: str,
    *,
    items: Sequence[Item],
    actor: User,
    note: str = "",
    hand: Hand | None = None,
) -> BulkResult:
    """One step for many orders, in transactions of CHUNK orders; refused rows are reported, none is lost."""
    unique = list({pk: (pk, version, digest) for pk, version, digest in items}.values())
    done: list[int] = []
    refused: list[tuple[int, str]] = []
    for start in range(0, len(unique), CHUNK):
        chunk = unique[start : start + CHUNK]
        errors = run_chunk(name, chunk, actor, note, hand)
        done += [pk for pk, _, _ in chunk if pk not in errors]
        refused += [(pk, error.message) for pk, error in errors.items()]
    return BulkResult(done, refused)


def submit_order(*, order_id: int, version: int, actor: User) -> PaymentOrder:
    """Freeze the content and hand the order to a checker.

    Raises NotFound, NotAllowed, Conflict; Held (kept: the order is then on hold for a duplicate rule).
    """
    _run_one("submit", order_id=order_id, version=version, actor=actor)
    return PaymentOrder.objects.get(pk=order_id)


def check_order(
    *, order_id: int, version: int, actor: User, digest: str, hand: Hand | None, note: str = ""
) -> PaymentOrder:
    """A second person agrees with exactly the content `digest` names. Raises NotFound, NotAllowed, Conflict."""
    _run_one(
        "check",
        order_id=order_id,
        version=version,
        actor=actor,
        digest=digest,
        note=note,
        hand=hand,
    )
    return PaymentOrder.objects.get(pk=order_id)


def approve_order(
    *,
    order_id: int,
    version: int,
    actor: User,
    digest: str,
    hand: Hand | None,
    note: str = "",
) -> PaymentOrder:
    """One of the approvers the matrix wants agrees, with the second factor just given.

    Raises NotFound, NotAllowed (StepUpNeeded without it, unsigned), Conflict.
    """
    _run_one(
        "approve",
        order_id=order_id,
        version=version,
        actor=actor,
        digest=digest,
        note=note,
        hand=hand,
    )
    return PaymentOrder.objects.get(pk=order_id)


def release_order(
    *,
    order_id: int,
    version: int,
    actor: User,
    digest: str,
    hand: Hand | None,
    note: str = "",
) -> PaymentInstruction:
    """The last human act: check everything again, seal the order into an instruction, let the workers have it.

    Raises NotFound, NotAllowed (StepUpNeeded without the second factor just given), Conflict (with the rule as its code: payee, funds, frozen, gate, switch, d2), Held.
    """
    _run_one(
        "release",
        order_id=order_id,
        version=version,
        actor=actor,
        digest=digest,
        note=note,
        hand=hand,
    )
    return PaymentInstruction.objects.filter(order_id=order_id).order_by("-attempt")[0]


def submit_orders(*, items: Sequence[Item], actor: User, note: str = "") -> BulkResult:
    """`submit_order` for many; refused rows are reported, none is lost."""
    return _run_many("submit", items=items, actor=actor, note=note)


def check_orders(
    *, items: Sequence[Item], actor: User, hand: Hand | None, note: str = ""
) -> BulkResult:
    """`check_order` for many."""
    return _run_many("check", items=items, actor=actor, note=note, hand=hand)


def approve_orders(
    *, items: Sequence[Item], actor: User, hand: Hand | None, note: str = ""
) -> BulkResult:
    """`approve_order` for many."""
    return _run_many("approve", items=items, actor=actor, note=note, hand=hand)


def release_orders(
    *, items: Sequence[Item], actor: User, hand: Hand | None, note: str = ""
) -> BulkResult:
    """`release_order` for many: same checks, set-based writes."""
    return _run_many("release", items=items, actor=actor, note=note, hand=hand)
