"""Whose credit is it, and what does it pay (DOMAIN §4): pure functions, values in, values out.

C1 a reference of the customer in the narrative · C2 the payer's account · C3 the payer's name · C4 somebody who pays for the
customer · C5 an invoice number in the narrative. The first rule that hits names the customer; a later one that names another
makes it uncertain. Nothing here decides: a person takes a proposal over or does not.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from masterdata.checks import normalise_account, normalise_name

ZERO = Decimal("0.00")
SUM_MOST = 6  # invoices one credit pays by exact sum, at most
SUM_AMONG = 40  # open invoices looked through, oldest first
SUM_STEPS = (
    50_000  # partial sums tried before giving up: then there is no proposal, never a wrong one
)
_TOKEN = re.compile(r"[0-9A-Z][0-9A-Z\-/_.]{3,58}[0-9A-Z]")
_INTEREST = re.compile(r"结息|利息|存款息|INTEREST", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Credit:
    """One incoming credit as the rules see it."""

    amount: Decimal
    payer_name: str = ""
    payer_account: str = ""
    text: str = ""  # narrative and purpose

    @property
    def account_key(self) -> str:
        """The payer's account for comparing."""
        return normalise_account(self.payer_account)

    @property
    def name_key(self) -> str:
        """The payer's name for comparing."""
        return normalise_name(self.payer_name)

    @property
    def tokens(self) -> frozenset[str]:
        """What in the text may be a number of ours or of a customer's."""
        return frozenset(_TOKEN.findall(unicodedata.normalize("NFKC", self.text).upper()))


@dataclass(frozen=True, kw_only=True)
class Invoice:
    """An invoice that is not paid in full."""

    customer_id: int
    invoice_no: str
    issued_on: date
    open_amount: Decimal
    contract_no: str = ""

    @property
    def key(self) -> str:
        """The number for comparing."""
        return unicodedata.normalize("NFKC", self.invoice_no).upper().strip()


@dataclass(frozen=True, kw_only=True)
class Known:
    """What is known of payers: mark → the customers it speaks of. `proxies`: name → {customer: is there a proof}."""

    references: Mapping[str, frozenset[int]] = field(default_factory=dict)
    accounts: Mapping[str, frozenset[int]] = field(default_factory=dict)
    names: Mapping[str, frozenset[int]] = field(default_factory=dict)
    proxies: Mapping[str, Mapping[int, bool]] = field(default_factory=dict)
    invoices: Sequence[Invoice] = ()


@dataclass(frozen=True)
class Guess:
    """One customer a rule names, and what it rests on."""

    customer_id: int
    rule: str
    basis: str  # the mark itself: a reference, an account number, a name, an invoice number
    is_certain: bool = True


def whose(credit: Credit, known: Known) -> list[Guess]:
    """Customers the money may be from, the best rule's first; none of them certain where two fit."""
    found = [
        *_by_reference(credit, known),
        *_of(credit.account_key, known.accounts, "C2"),
        *_of(credit.name_key, known.names, "C3"),
        *(
            Guess(customer, "C4", credit.payer_name, has_proof)
            for customer, has_proof in sorted(known.proxies.get(credit.name_key, {}).items())
        ),
        *_by_invoice(credit, known),
    ]
    first: dict[int, Guess] = {}
    for one in found:
        first.setdefault(one.customer_id, one)
    if len(first) > 1:
        return [Guess(one.customer_id, one.rule, one.basis, False) for one in first.values()]
    return list(first.values())


def _by_reference(credit: Credit, known: Known) -> list[Guess]:
    return [
        Guess(customer, "C1", token)
        for token in sorted(credit.tokens)
        for customer in sorted(known.references.get(token, ()))
    ]


def _of(key: str, marks: Mapping[str, frozenset[int]], rule: str) -> list[Guess]:
    return [Guess(customer, rule, key) for customer in sorted(marks.get(key, ()))] if key else []


def _by_invoice(credit: Credit, known: Known) -> list[Guess]:
    return [
        Guess(one.customer_id, "C5", one.invoice_no)
        for one in known.invoices
        if one.key in credit.tokens
    ]


@dataclass(frozen=True)
class Part:
    """One part of a credit: the invoice it pays (none: on account), and a fee kept back on the way."""

    amount: Decimal
    invoice_no: str = ""
    contract_no: str = ""
    fee: Decimal = ZERO


@dataclass(frozen=True)
class Allocation:
    """How a credit is split over a customer's invoices; `how` names the way: named, single, fee, sum, oldest, on_account."""

    how: str
    parts: tuple[Part, ...]
    is_certain: bool


def allocate(
    credit: Credit, invoices: Sequence[Invoice], *, tolerance: Decimal = ZERO
) -> Allocation:
    """The split of a credit over the open invoices of one customer; its parts add up to the credit, to the cent."""
    ordered = sorted(invoices, key=lambda one: (one.issued_on, one.key))
    named = [one for one in ordered if one.key in credit.tokens]
    if named and sum((one.open_amount for one in named), ZERO) == credit.amount:
        return Allocation("named", tuple(map(_whole, named)), True)
    equal = [one for one in ordered if one.open_amount == credit.amount]
    if len(equal) == 1:
        return Allocation("single", (_whole(equal[0]),), True)
    short = [one for one in ordered if ZERO < one.open_amount - credit.amount <= tolerance]
    if not equal and len(short) == 1:
        one = short[0]
        fee = one.open_amount - credit.amount
        return Allocation("fee", (Part(credit.amount, one.invoice_no, one.contract_no, fee),), True)
    exact = [] if equal else exact_sum(credit.amount, ordered)
    if exact:
        return Allocation("sum", tuple(map(_whole, exact)), True)
    return _oldest_first(credit.amount, named or ordered)


def _whole(one: Invoice) -> Part:
    return Part(one.open_amount, one.invoice_no, one.contract_no)


def _oldest_first(amount: Decimal, ordered: Sequence[Invoice]) -> Allocation:
    left = amount
    parts: list[Part] = []
    for one in ordered:
        taken = min(left, one.open_amount)
        if taken <= 0 or len(parts) == SUM_MOST:
            break
        parts.append(Part(taken, one.invoice_no, one.contract_no))
        left -= taken
    if not parts:
        return Allocation("on_account", (Part(amount),), False)
    if left:
        parts.append(Part(left))
    return Allocation("oldest", tuple(parts), False)


def exact_sum(amount: Decimal, invoices: Sequence[Invoice]) -> list[Invoice]:
    """The one set of 2 to SUM_MOST invoices that adds up to `amount`; nothing where there is none, or more than one."""
    among = sorted(invoices[:SUM_AMONG], key=lambda one: -one.open_amount)
    rest = [ZERO] * (len(among) + 1)
    for place in range(len(among) - 1, -1, -1):
        rest[place] = rest[place + 1] + among[place].open_amount
    found: list[list[int]] = []
    steps = 0
    stack: list[tuple[int, Decimal, tuple[int, ...]]] = [(0, amount, ())]
    while stack:
        steps += 1
        if steps > SUM_STEPS or len(found) > 1:
            return []
        place, left, chosen = stack.pop()
        if left == 0:
            if len(chosen) > 1:
                found.append(list(chosen))
            continue
        if place == len(among) or len(chosen) == SUM_MOST or rest[place] < left:
            continue
        stack.append((place + 1, left, chosen))
        if among[place].open_amount <= left:
            stack.append((place + 1, left - among[place].open_amount, (*chosen, place)))
    return [among[place] for place in found[0]] if len(found) == 1 else []


def is_interest(credit: Credit) -> bool:
    """Whether the bank itself paid interest: it says so, and no other account stands behind it."""
    return not credit.account_key and bool(_INTEREST.search(credit.text))


def pullable(
    *, free: Decimal, keep: Decimal, at_least: Decimal, most: Decimal, left_today: Decimal
) -> Decimal:
    """What may be pulled up: beyond what stays, within the limits a run and a day; zero where that is not worth it."""
    amount = min(free - keep, most, left_today)
    return amount if amount > 0 and amount >= at_least else ZERO


AGES: tuple[tuple[str, int], ...] = (("3", 3), ("7", 7), ("30", 30), ("90", 90))


def age_bucket(days: int) -> str:
    """The column of the ageing list: up to 3, 7, 30, 90 days, or more."""
    return next((name for name, most in AGES if days <= most), "more")
