"""What a proposed setting would have changed: of the payments, or of the matches with the bank."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import payments.foresight
import reconciliation.foresight
from kernel import clock
from kernel.dated import in_force
from masterdata.services.dated import kind_named, proposal_of, version_of
from masterdata.strategies import Decided, rows_since
from reconciliation.topics import Matching

if TYPE_CHECKING:
    from kernel.scope import Scope
    from masterdata.models import StagedChange

MATCHING = f"strategy.{Matching.key}"


def foresee(
    change: StagedChange, *, days: int, scope: Scope
) -> payments.foresight.Foresight | reconciliation.foresight.Foresight:
    """The outcomes of the last `days` that would have been another. Raises what the proposal itself would be refused with."""
    if change.kind != MATCHING:
        return payments.foresight.foresee(change, days=days, scope=scope)
    kind, today = kind_named(change.kind), clock.today()
    row = version_of(kind, proposal_of(change), earliest=today)
    day = row.valid_from
    rows: list[Any] = list(rows_since(day))
    before, after = (Decided(in_force(known, day)) for known in (rows, [*rows, row]))
    return reconciliation.foresight.foresee(before, after, days=days, today=today)
