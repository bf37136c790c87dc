"""Which of a bank's words on payments count: about what was asked, said once, under the number we know it by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from bankadapters.contract import Fate, Inquiry, Outcome
from kernel.money import Money


def echoed(amount: Decimal | None, currency: str = "CNY") -> Money | None:
    """The amount a bank repeats of a payment; none at all, or one not above zero, says nothing."""
    return Money(amount, currency) if amount is not None and amount > 0 else None


def named_once(outcomes: Sequence[Outcome], *, serials_identify: bool = True) -> list[Outcome]:
    """Each payment once, in order; one that the bank names twice, or names by nothing at all, is not decided.

    Where serials identify payments, two references under one serial contradict each other as well.
    """
    times = Counter(outcome.reference for outcome in outcomes if outcome.reference)
    serials = Counter(outcome.bank_serial for outcome in outcomes if outcome.bank_serial)
    seen: dict[str, Outcome] = {}
    for outcome in outcomes:
        is_doubtful = (
            times[outcome.reference] > 1
            or not (outcome.reference or outcome.bank_serial)
            or ((serials_identify or not outcome.reference) and serials[outcome.bank_serial] > 1)
        )
        if is_doubtful:
            outcome = replace(outcome, fate=Fate.UNKNOWN, not_found=False)
        seen.setdefault(outcome.reference or f"?{outcome.bank_serial}", outcome)
    return list(seen.values())


def matched(
    said: Sequence[Outcome], asked: Sequence[Inquiry], *, serials_identify: bool = True
) -> Iterator[Outcome]:
    """What was said about what was asked: by reference, or by bank serial where the bank left the reference out.

    A serial that several payments share names none of them. A reference under another serial than the one we hold, or of
    another payer account, decides nothing.
    """
    by_reference = {one.reference: one for one in asked if one.reference}
    serials = Counter(one.bank_serial for one in asked)
    is_own = {serial for serial, times in serials.items() if serial and times == 1}
    by_serial = {
        one.bank_serial: one for one in asked if serials_identify and one.bank_serial in is_own
    }
    for outcome in said:
        inquiry = (
            by_reference.get(outcome.reference)
            if outcome.reference
            else by_serial.get(outcome.bank_serial)
        )
        if inquiry is None:
            continue
        echoes = [(inquiry.payer_account, outcome.payer_account)]
        if serials_identify:
            echoes.append((inquiry.bank_serial, outcome.bank_serial))
        is_contradiction = any(ours and theirs and ours != theirs for ours, theirs in echoes)
        fate = Fate.UNKNOWN if is_contradiction else outcome.fate
        yield replace(outcome, reference=inquiry.reference, fate=fate)
