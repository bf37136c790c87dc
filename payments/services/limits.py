"""What a release takes of the limits: looked at under the row lock of every counter, reserved with the instruction.

A reservation is spent when the bank has paid and stays while the outcome is unknown. It is freed when the payment has
definitely failed or was cancelled before sending. A payment that came back stays counted: what left the account on a day
left it that day, and paying again counts again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import connection

from kernel import clock
from kernel.clock import SHANGHAI
from kernel.errors import DomainError
from payments import limit_selectors as selectors
from payments import payee_facts
from payments.limiting import Cap, Key, Spend, counted, excess
from payments.models import LimitCounter, LimitUse, PaymentInstruction
from payments.services.freeing import count

if TYPE_CHECKING:
    from masterdata.models import User
    from payments.services.releasing import Draft

MET = "payments.limit"


class Allowance:
    """The limits as they stand for one release; the counters are locked until the caller's transaction ends."""

    def __init__(self, drafts: Mapping[int, Draft], *, actor: User) -> None:
        orders = [draft.order for draft in drafts.values()]
        classes = payee_facts.classes_of(orders)
        chains = selectors.chains_of(orders)
        self._spends = {
            pk: Spend(
                key=pk,
                chain=chains[draft.order.company_id],
                account_id=draft.order.payer_account_id,
                person=actor.person_key,
                payee_class=classes[pk],
                money=draft.order.money,
                day=(draft.instruction.not_before or clock.now()).astimezone(SHANGHAI).date(),
            )
            for pk, draft in drafts.items()
        }
        self._caps = {
            day: selectors.caps_on(day) for day in {spend.day for spend in self._spends.values()}
        }
        self._counters = _locked(self._all(), self._spends.values())
        self._used = {key: row.used for key, row in self._counters.items()}

    def _all(self) -> dict[Key, Cap]:
        return {
            key: cap
            for spend in self._spends.values()
            for cap, key in counted(self._caps[spend.day], spend)
        }

    def fit(self, drafts: Mapping[int, Draft]) -> tuple[list[Draft], dict[int, DomainError]]:
        """The drafts that stay within every limit, one after the other, and why others do not; each keeps the limits it met."""
        good: list[Draft] = []
        refused: dict[int, DomainError] = {}
        for pk, draft in drafts.items():
            spend = self._spends[pk]
            caps = self._caps[spend.day]
            error = excess(caps, spend, self._used)
            if error is not None:
                refused[pk] = error
                continue
            for _cap, key in counted(caps, spend):
                self._used[key] += spend.money.amount
            draft.instruction.met[MET] = selectors.versions(caps, spend)
            good.append(draft)
        return good, refused

    def reserve(self, instructions: Sequence[PaymentInstruction]) -> None:
        """Count these written instructions in every period that binds them."""
        uses = []
        for one in instructions:
            spend = self._spends[one.order_id]
            for _cap, key in counted(self._caps[spend.day], spend):
                counter, amount = self._counters[key], spend.money.amount
                uses.append(LimitUse(counter=counter, instruction=one, amount=amount))
        LimitUse.objects.bulk_create(uses)
        count(uses, sign=1)


def _locked(wanted: Mapping[Key, Cap], spends: Iterable[Spend]) -> dict[Key, LimitCounter]:
    """The counters of these limits and periods, made where missing with what was released before, locked in order."""
    if not wanted:
        return {}
    fresh = _made(sorted(wanted))
    rows = LimitCounter.objects.select_for_update().order_by("pk")
    found = {
        (row.line, row.period): row
        for row in rows.filter(
            line__in={line for line, _ in wanted}, period__in={period for _, period in wanted}
        )
        if (row.line, row.period) in wanted
    }
    for key in fresh:
        counter = found[key]
        earlier = selectors.released_in(wanted[key], counter.period)
        uses = [
            LimitUse(counter=counter, instruction=one, amount=one.order.amount) for one in earlier
        ]
        LimitUse.objects.bulk_create(uses)
        count(uses, sign=1)
        counter.used += sum((use.amount for use in uses), Decimal(0))
    return found


_MAKE = """
    INSERT INTO payments_limitcounter (line, period, used)
    SELECT v.line, v.period, 0 FROM unnest(%s::int[], %s::text[]) WITH ORDINALITY AS v(line, period, place) ORDER BY v.place
    ON CONFLICT (line, period) DO NOTHING RETURNING line, period
"""


def _made(keys: Sequence[Key]) -> list[Key]:
    """The counters this transaction makes; one that another is making is waited for."""
    with connection.cursor() as cursor:
        cursor.execute(_MAKE, [[line for line, _ in keys], [period for _, period in keys]])
        return [(int(line), str(period)) for line, period in cursor.fetchall()]
