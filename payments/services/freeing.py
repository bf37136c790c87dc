"""What a payment took of its limits, given back when it surely was not paid, and taken again when it was after all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from django.db import connection

from kernel import clock
from payments.models import LimitCounter, LimitUse

_FREES = frozenset({"fail", "cancel", "settle_failed"})
_TAKES = frozenset({"dispute"})  # a failure that shows on the statement: the money may have left

_COUNT = """
    UPDATE payments_limitcounter c SET used = c.used + v.amount
    FROM unnest(%s::bigint[], %s::numeric[]) AS v(id, amount) WHERE c.id = v.id
"""


def count(uses: Iterable[LimitUse], *, sign: int) -> None:
    """Add these uses to their counters, or take them off; the counters' rows are locked by the caller (a step)."""
    sums: dict[int, Decimal] = {}
    for use in uses:
        sums[use.counter_id] = sums.get(use.counter_id, Decimal(0)) + sign * use.amount
    if sums:
        with connection.cursor() as cursor:
            cursor.execute(_COUNT, [list(sums), list(sums.values())])


def follow(move: str, instruction_ids: Sequence[int]) -> None:
    """Let the limits follow a move of these locked instructions (a step)."""
    if move in _FREES:
        _turn(instruction_ids, is_freed=True)
    elif move in _TAKES:
        _turn(instruction_ids, is_freed=False)


def _turn(instruction_ids: Sequence[int], *, is_freed: bool) -> None:
    uses = LimitUse.objects.filter(instruction_id__in=instruction_ids, freed_at__isnull=is_freed)
    counters = set(uses.values_list("counter_id", flat=True))
    if not counters:
        return
    locked = LimitCounter.objects.select_for_update().filter(pk__in=counters).order_by("pk")
    list(locked.values_list("pk"))
    rows = list(uses)  # again, now that nobody else turns them
    LimitUse.objects.filter(pk__in=[one.pk for one in rows]).update(
        freed_at=clock.now() if is_freed else None
    )
    count(rows, sign=-1 if is_freed else 1)
