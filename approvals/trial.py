"""What the matrix would say of a payment that might be made, and which payments it says nothing of. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from approvals import selectors
from approvals.policy import Band, Rule, Subject, rule_for, uncovered
from kernel.errors import InvalidInput
from kernel.money import Money
from masterdata import selectors as masterdata
from masterdata.classes import PayeeClass, PaymentType
from masterdata.wording import step_words

PAYMENT = "payment"


@dataclass(frozen=True)
class Gap:
    """Amounts of one kind of payment that no row covers."""

    payment_type: str
    payee_class: str
    bands: Sequence[Band]


@dataclass(frozen=True)
class Trial:
    """The row that rules and its steps in words (None: refused), and every gap of the same company and account."""

    rule: Rule | None
    steps: str
    gaps: Sequence[Gap]


def trial(
    *,
    company_id: int,
    account_id: int | None,
    payment_type: str,
    payee_class: str,
    amount: str,
    currency: str,
    on: date,
) -> Trial:
    """Try a payment on the matrix of a day; the caller scoped company and account.

    Raises InvalidInput where account or amount cannot be.
    """
    account = masterdata.account_by_id(account_id) if account_id is not None else None
    if account_id is not None and (account is None or account.company_id != company_id):
        raise InvalidInput("付款账户不属于该公司", "not the company's", field="account")
    chain = masterdata.chains([company_id])[company_id]
    rules = selectors.rules_on(kind=PAYMENT, day=on)
    subject = Subject(
        PAYMENT, chain, account_id, payment_type, payee_class, _money(amount, currency)
    )
    found = rule_for(rules, subject)
    gaps = [
        Gap(str(type_word), str(class_word), bands)
        for type_, type_word in PaymentType.choices
        for class_, class_word in PayeeClass.choices
        if (
            bands := uncovered(
                rules, chain=chain, currency=currency, kind=PAYMENT, account_id=account_id,
                payment_type=type_, payee_class=class_,
            )
        )
    ]  # fmt: skip
    said = [[sorted(step.roles), step.people] for step in found.steps] if found else []
    return Trial(found, step_words(said) if found else "", gaps)


def _money(amount: str, currency: str) -> Money:
    try:
        money = Money(Decimal(amount), currency)
    except (ArithmeticError, ValueError):
        raise InvalidInput(
            "金额应为数字，例如 50000.00", "an amount such as 50000.00", field="amount"
        ) from None
    if money.amount <= 0:
        raise InvalidInput("金额应大于零", "more than nothing is wanted", field="amount")
    return money
