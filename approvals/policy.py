"""Which row of the matrix rules a subject, which steps it asks for, and what no row covers. Pure: values in, values out.

Rows stand for an account, a company and the companies below it, or the whole group; the nearest level that has a row for
the subject rules alone. Within one level no two rows ever fit the same subject (`clashes`), so that the order of rows
never matters.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from kernel.money import Money


@dataclass(frozen=True)
class Step:
    """One step of an approval: so many people holding any of these roles."""

    roles: frozenset[str]
    people: int


@dataclass(frozen=True)
class Rule:
    """One row of the matrix. Empty sets and None stand for all; `low` is included in the band, `high` is not."""

    pk: int
    line: int
    kind: str
    company_id: int | None
    account_id: int | None
    types: frozenset[str]
    classes: frozenset[str]
    currency: str
    low: Decimal
    high: Decimal | None
    steps: tuple[Step, ...]

    @property
    def people(self) -> int:
        """How many people approve in all."""
        return sum(step.people for step in self.steps)


@dataclass(frozen=True)
class Subject:
    """What of a subject the matrix looks at; `chain` is its company and those above it, nearest first."""

    kind: str
    chain: tuple[int, ...]
    account_id: int | None
    payment_type: str
    payee_class: str
    money: Money


def _fits(rule: Rule, subject: Subject) -> bool:
    amount = subject.money.amount
    return (
        rule.kind == subject.kind
        and rule.currency == subject.money.currency
        and rule.low <= amount
        and (rule.high is None or amount < rule.high)
        and (not rule.types or subject.payment_type in rule.types)
        and (not rule.classes or subject.payee_class in rule.classes)
    )


def rule_for(rules: Iterable[Rule], subject: Subject) -> Rule | None:
    """The row that rules a subject, or None: what no row covers is refused, not waved through."""
    fitting = [rule for rule in rules if _fits(rule, subject)]
    for rule in fitting:
        if rule.account_id is not None and rule.account_id == subject.account_id:
            return rule
    for owner in (*subject.chain, None):
        for rule in fitting:
            if rule.account_id is None and rule.company_id == owner:
                return rule
    return None


def _meet(one: Collection[str], other: Collection[str]) -> bool:
    return not one or not other or not set(one).isdisjoint(other)


def clashes(one: Rule, other: Rule) -> bool:
    """Whether some subject would fit both rows on the same level."""
    same_level = (one.account_id, one.company_id if one.account_id is None else None) == (
        other.account_id,
        other.company_id if other.account_id is None else None,
    )
    return (
        same_level
        and (one.kind, one.currency) == (other.kind, other.currency)
        and (other.high is None or one.low < other.high)
        and (one.high is None or other.low < one.high)
        and _meet(one.types, other.types)
        and _meet(one.classes, other.classes)
    )


Band = tuple[Decimal, Decimal | None]


def uncovered(
    rules: Iterable[Rule], *, chain: Sequence[int], currency: str, kind: str, payment_type: str, payee_class: str,
    account_id: int | None = None,
) -> list[Band]:  # fmt: skip
    """The amounts for which no row of any level fits such a payment, as bands from the smallest amount up."""
    owners = {*chain, None}
    bands = sorted(
        (
            (rule.low, rule.high)
            for rule in rules
            if (rule.kind, rule.currency) == (kind, currency)
            and (not rule.types or payment_type in rule.types)
            and (not rule.classes or payee_class in rule.classes)
            and (
                rule.account_id == account_id
                if rule.account_id is not None
                else rule.company_id in owners
            )
        ),
        key=lambda band: band[0],
    )
    gaps: list[Band] = []
    reached: Decimal | None = Decimal("0.01")
    for low, high in bands:
        if reached is None:
            break
        if low > reached:
            gaps.append((reached, low))
        if high is None:
            reached = None
        elif high > reached:
            reached = high
    if reached is not None:
        gaps.append((reached, None))
    return gaps


@dataclass(frozen=True)
class Progress:
    """How far the approvals given fill the steps asked for."""

    filled: int  # approvals that count
    needed: int
    next_roles: frozenset[str]  # who may approve next; empty when all steps are filled

    @property
    def is_complete(self) -> bool:
        """Whether every step has its people."""
        return self.filled >= self.needed


def progress(steps: Sequence[Step], given: Sequence[Collection[str]]) -> Progress:
    """Fill the steps, in their order, from the approvals given (the roles each person held when giving it).

    An approval counts once, for the first step not yet filled that takes one of its roles; what no step wants counts for
    nothing, so that a matrix changed since never lets the wrong people's word stand for the right ones'.
    """
    left = list(given)
    filled = 0
    waiting: frozenset[str] = frozenset()
    for step in steps:
        counted = 0
        for roles in list(left):
            if counted < step.people and not step.roles.isdisjoint(roles):
                left.remove(roles)
                counted += 1
        filled += counted
        if counted < step.people and not waiting:
            waiting = step.roles
    return Progress(filled, sum(step.people for step in steps), waiting)
