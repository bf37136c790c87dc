"""Proposals for one notice: whose money it may be and what it pays, each with its reasons. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from masterdata import selectors as masterdata
from receipts import rules, selectors
from receipts.rules import Allocation, Guess

if TYPE_CHECKING:
    from masterdata.models import Counterparty
    from receipts.models import ArrivalNotice


@dataclass(frozen=True)
class Proposal:
    """One customer the credit may be from, what it rests on, and the split over that customer's invoices."""

    customer: Counterparty
    guess: Guess
    allocation: Allocation


def guesses_for(notice: ArrivalNotice) -> list[Guess]:
    """The customers the rules name for a notice. The caller was allowed to see it."""
    credit = selectors.credit_of(notice)
    return rules.whose(credit, selectors.known_of([credit], company_ids=[notice.company_id]))


def proposals_for(notice: ArrivalNotice, *, tolerance: Decimal) -> Sequence[Proposal]:
    """The same with their splits, the best first."""
    guesses = guesses_for(notice)
    customers = masterdata.counterparties_by_id([one.customer_id for one in guesses])
    credit = selectors.credit_of(notice)
    return [
        Proposal(
            customers[one.customer_id],
            one,
            rules.allocate(
                credit,
                selectors.open_invoices(one.customer_id, notice.company_id),
                tolerance=tolerance,
            ),
        )
        for one in guesses
    ]
