"""Payment orders: the commands of people, single and in bulk. The parts live beside this module, split by what they do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from payments.models import PaymentInstruction, PaymentOrder
from payments.outcomes import BulkResult
from payments.services.deciding import CHUNK, Item, run_chunk
from payments.services.drafting import create_order, draft_order, edit_order
from payments.services.ending import (
    cancel_order,
    reissue_order,
    return_to_maker,
    void_order,
)
from payments.services.lifting import lift_hold, lift_instruction
from payments.services.refusals import ContentAltered, Held

if TYPE_CHECKING:
    from masterdata.models import User
    from masterdata.services.stepup import StepUp

__all__ = [
    "BulkResult",
    "ContentAltered",
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
    stepup: StepUp | None = None,
) -> None:
    """One step for one order; a hold it ran into stays, then the refusal is raised."""
    refused = run_chunk(name, [(order_id, version, digest)], actor, note, stepup)
    if order_id in refused:
        raise refused[order_id]


def _run_many(
    name: str,
    *,
    items: Sequence[Item],
    actor: User,
    note: str = "",
    stepup: StepUp | None = None,
) -> BulkResult:
    """One step for many orders, in transactions of CHUNK orders; refused rows are reported, none is lost."""
    unique = list({pk: (pk, version, digest) for pk, version, digest in items}.values())
    done: list[int] = []
    refused: list[tuple[int, str]] = []
    for start in range(0, len(unique), CHUNK):
        chunk = unique[start : start + CHUNK]
        errors = run_chunk(name, chunk, actor, note, stepup)
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
    *, order_id: int, version: int, actor: User, digest: str, note: str = ""
) -> PaymentOrder:
    """A second person agrees with exactly the content `digest` names. Raises NotFound, NotAllowed, Conflict."""
    _run_one("check", order_id=order_id, version=version, actor=actor, digest=digest, note=note)
    return PaymentOrder.objects.get(pk=order_id)


def approve_order(
    *,
    order_id: int,
    version: int,
    actor: User,
    digest: str,
    note: str = "",
    stepup: StepUp | None = None,
) -> PaymentOrder:
    """One of the approvers the matrix wants agrees, with the second factor just given (`stepup`).

    Raises NotFound, NotAllowed (StepUpNeeded without it), Conflict.
    """
    _run_one(
        "approve",
        order_id=order_id,
        version=version,
        actor=actor,
        digest=digest,
        note=note,
        stepup=stepup,
    )
    return PaymentOrder.objects.get(pk=order_id)


def release_order(
    *,
    order_id: int,
    version: int,
    actor: User,
    digest: str,
    note: str = "",
    stepup: StepUp | None = None,
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
        stepup=stepup,
    )
    return PaymentInstruction.objects.filter(order_id=order_id).order_by("-attempt")[0]


def submit_orders(*, items: Sequence[Item], actor: User, note: str = "") -> BulkResult:
    """`submit_order` for many; refused rows are reported, none is lost."""
    return _run_many("submit", items=items, actor=actor, note=note)


def check_orders(*, items: Sequence[Item], actor: User, note: str = "") -> BulkResult:
    """`check_order` for many."""
    return _run_many("check", items=items, actor=actor, note=note)


def approve_orders(
    *, items: Sequence[Item], actor: User, note: str = "", stepup: StepUp | None = None
) -> BulkResult:
    """`approve_order` for many."""
    return _run_many("approve", items=items, actor=actor, note=note, stepup=stepup)


def release_orders(
    *, items: Sequence[Item], actor: User, note: str = "", stepup: StepUp | None = None
) -> BulkResult:
    """`release_order` for many: same checks, set-based writes."""
    return _run_many("release", items=items, actor=actor, note=note, stepup=stepup)
