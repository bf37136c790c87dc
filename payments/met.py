"""Which versions of the settings a payment met: its approval, each release, each message to the bank. Reads only.

What is kept are ids (`PaymentInstruction.met`, `Batch.met`, the case's row of the matrix); here they become lines and versions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from approvals import selectors as approvals
from approvals.matrix import KIND as MATRIX
from masterdata.services.dated import Kind, kinds
from payments.models import PaymentInstruction, PaymentOrder

Versions = (
    Sequence[Any] | None
)  # rows; none of them: the default ruled; None: not asked at that moment


@dataclass(frozen=True)
class Met:
    """One setting, and what of it ruled the attempt when it was released and when it was sent."""

    kind: Kind
    at_release: Versions
    at_send: Versions


@dataclass(frozen=True)
class Attempt:
    """One attempt of a payment with every setting it met."""

    number: int
    settings: Sequence[Met]


def _ids(said: Any) -> list[int]:
    """A version as it was kept: an id, 0 for the default, or several ids."""
    found = said if isinstance(said, list) else [said]
    return [int(one) for one in found if one]


class _Rows:
    """Rows by kind and id, one read for each kind."""

    def __init__(self, told: Iterable[Mapping[str, Any]]) -> None:
        wanted: dict[str, set[int]] = {}
        for met in told:
            for key, said in met.items():
                wanted.setdefault(key, set()).update(_ids(said))
        self.kinds = {_key(kind): kind for kind in kinds().values()}
        self._rows = {
            key: self.kinds[key].rows().in_bulk(ids)
            for key, ids in wanted.items()
            if ids and key in self.kinds
        }

    def of(self, met: Mapping[str, Any], key: str) -> Versions:
        if key not in met:
            return None
        rows = self._rows.get(key, {})
        return [rows[pk] for pk in _ids(met[key]) if pk in rows]


def _key(kind: Kind) -> str:
    """What a kind is called where versions are kept: a topic by its own key."""
    return kind.name.removeprefix("strategy.")


def met_by(attempts: Sequence[PaymentInstruction]) -> list[Attempt]:
    """Every setting each of these attempts met, in the order of the settings; instructions with their batches, scoped."""
    told = [(one, one.met, one.batch.met if one.batch is not None else {}) for one in attempts]
    rows = _Rows(met for _one, released, sent in told for met in (released, sent))
    found = []
    for one, released, sent in told:
        settings = [
            Met(kind, rows.of(released, key), rows.of(sent, key))
            for key, kind in rows.kinds.items()
            if key in released or key in sent
        ]
        found.append(Attempt(one.attempt, settings))
    return found


def matrix_row(order: PaymentOrder) -> Any | None:
    """The version of the row of the matrix that ruled the order's approval; None before it was submitted."""
    policy_id = approvals.policy_of(order.approval_id)
    return None if policy_id is None else MATRIX.rows().filter(pk=policy_id).first()
