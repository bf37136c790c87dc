"""Reads of limits and of what is used of them. System look-ups."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Q, Sum

from kernel.dated import in_force
from masterdata import owners
from masterdata import selectors as masterdata
from payments.limiting import DAY, ITEM, Cap, Spend, binds, period_of
from payments.models import Limit, LimitCounter, LimitUse, PaymentInstruction, PaymentOrder
from payments.states import InstructionState


def cap_of(row: Limit) -> Cap:
    """A limit as the pure rules take it."""
    return Cap(
        pk=row.pk or 0,
        line=row.line,
        company_id=row.company_id,
        account_id=row.account_id,
        person=row.user.person_key if row.user is not None else "",
        payee_class=row.payee_class,
        currency=row.currency,
        period=row.period,
        amount=row.amount,
    )


def _rows(day: date) -> list[Limit]:
    rows = Limit.objects.filter(Q(valid_to__isnull=True) | Q(valid_to__gte=day))
    return list(rows.filter(valid_from__lte=day).select_related("user"))


def caps_on(day: date) -> list[Cap]:
    """The limits in force on `day`, each row verified; raises SealBroken."""
    return [cap_of(row.verify()) for row in in_force(_rows(day), day)]


def chains_of(orders: Iterable[PaymentOrder]) -> Mapping[int, tuple[int, ...]]:
    """Company id → the company and those above it."""
    return masterdata.chains({order.company_id for order in orders})


def versions(caps: Sequence[Cap], spend: Spend) -> list[int]:
    """The rows of all limits that bound a payment."""
    return [cap.pk for cap in caps if binds(cap, spend)]


_FREED = (InstructionState.FAILED, InstructionState.CANCELLED)


def released_in(cap: Cap, period: str) -> list[PaymentInstruction]:
    """What was released before a limit came into being and leaves in its period: it counts as well."""
    first = date.fromisoformat(period if cap.period == DAY else f"{period}-01")
    last = (
        first if cap.period == DAY else (first + timedelta(days=31)).replace(day=1) - timedelta(1)
    )
    rows = PaymentInstruction.objects.exclude(state__in=_FREED).filter(
        order__currency=cap.currency,
        not_before__date__gte=first,
        not_before__date__lte=last,
    )
    if cap.company_id is not None:
        rows = rows.filter(company_id__in=owners.below(cap.company_id))
    if cap.account_id is not None:
        rows = rows.filter(payer_account_id=cap.account_id)
    if cap.person:
        rows = rows.filter(order__releaser__person_key=cap.person)
    if cap.payee_class:
        rows = rows.filter(order__payee_class=cap.payee_class)
    return list(rows.select_related("order").only("pk", "order__amount"))


@dataclass(frozen=True)
class Standing:
    """One limit and how far it is used in its present period; amounts are None for a limit on each item."""

    row: Limit
    period: str
    used: Decimal | None
    spent: Decimal | None  # paid; the rest of what is used is reserved

    @property
    def left(self) -> Decimal | None:
        """What may still be released in the period; never below zero."""
        return None if self.used is None else max(self.row.amount - self.used, Decimal(0))

    @property
    def reserved(self) -> Decimal | None:
        """Released, not paid yet, or of unknown outcome."""
        return None if self.used is None or self.spent is None else self.used - self.spent

    @property
    def percent(self) -> int:
        """How much of it is used, at most 100."""
        if not self.used or not self.row.amount:
            return 0
        return min(100, int(self.used * 100 / self.row.amount))


def standings(rows: Iterable[Limit], day: date) -> list[Standing]:
    """What is used of these limits in the period of `day`."""
    found = []
    for row in rows:
        period = period_of(cap_of(row), day)
        if row.period == ITEM:
            found.append(Standing(row, period, None, None))
            continue
        counter = LimitCounter.objects.filter(line=row.line, period=period).first()
        used = counter.used if counter else Decimal(0)
        found.append(Standing(row, period, used, _spent(counter)))
    return found


def _spent(counter: LimitCounter | None) -> Decimal:
    if counter is None:
        return Decimal(0)
    paid = (InstructionState.SUCCEEDED, InstructionState.RETURNED)
    uses = LimitUse.objects.filter(counter=counter, freed_at=None, instruction__state__in=paid)
    return uses.aggregate(total=Sum("amount"))["total"] or Decimal(0)


def standings_on(day: date) -> list[Standing]:
    """Every limit in force on `day`, and what is used of it. System look-up for warnings."""
    return standings(in_force(_rows(day), day), day)
