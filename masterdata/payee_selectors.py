"""Reads of payee control: who shares a name or an account, and since when. System look-ups: rules cross companies."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from kernel.clock import SHANGHAI
from masterdata.models import CounterpartyAccount
from masterdata.states import PayeeState


@dataclass(frozen=True)
class Elder:
    """An older account under the same name as a young one."""

    account_id: int
    number: str
    version: int
    young_since: date  # the day the young account was confirmed or changed


def _day(moment: datetime) -> date:
    return moment.astimezone(SHANGHAI).date()


def elders(account_ids: Collection[int], *, since: datetime) -> dict[int, Elder]:
    """For each of these accounts confirmed or changed since `since`: the newest older account of the same name.

    Older means confirmed on an earlier day, under another number. Accounts without one are absent.
    """
    young = CounterpartyAccount.objects.filter(
        pk__in=account_ids, state=PayeeState.CONFIRMED, decided_at__gte=since
    )
    waiting = {row.pk: row for row in young}
    if not waiting:
        return {}
    known = CounterpartyAccount.objects.filter(
        name_key__in={row.name_key for row in waiting.values()},
        state__in=[PayeeState.CONFIRMED, PayeeState.CLOSED],
        decided_at__isnull=False,
    )
    by_name: dict[str, list[CounterpartyAccount]] = {}
    for row in known.order_by("decided_at", "pk"):
        by_name.setdefault(row.name_key, []).append(row)
    found = {}
    for pk, row in waiting.items():
        for other in by_name.get(row.name_key, ()):
            is_older = _day(other.decided_at) < _day(row.decided_at)  # type: ignore[arg-type]  # filtered
            if other.number != row.number and is_older:
                found[pk] = Elder(other.pk, other.number, other.version, _day(row.decided_at))  # type: ignore[arg-type]  # filtered
    return found


def numbers_of_names(name_keys: Collection[str]) -> set[str]:
    """Every live account number registered under one of these normalised names."""
    rows = CounterpartyAccount.objects.filter(
        name_key__in=name_keys, state__in=[PayeeState.STAGED, PayeeState.CONFIRMED]
    )
    return set(rows.values_list("number", flat=True))
