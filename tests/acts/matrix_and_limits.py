"""Rows of the approval matrix, limits and standing mandates: each field narrows whom they bind, or sets what they ask."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from approvals.matrix import KIND as MATRIX
from approvals.policy import Subject, rule_for
from approvals.selectors import rule_of
from approvals.standing.kind import KIND as STANDING
from approvals.standing.services import Used, beyond, is_for
from kernel.money import Money
from masterdata.models import User
from payments.limit_rows import KIND as LIMIT
from payments.limit_selectors import cap_of
from payments.limiting import Spend, excess
from tests.acts import DAY, Act, row_of

Said = Mapping[str, Any]
CHAIN = (3, 1)
STEP = [["approver"], 1]
REFUSED = None
NEXT_DAY = DAY.replace(day=25)


def people(said: Said) -> int | None:
    """How many approvals 100.00 CNY to a new payee of company 3 from account 30 take; —: refused."""
    row = row_of(MATRIX.name, said)
    subject = Subject("payment", CHAIN, 30, "supplier", "new", Money(Decimal("100.00")))
    found = rule_for([rule_of(row)], subject)  # type: ignore[arg-type]  # a row of the matrix
    return None if found is None else found.people


def bound(said: Said) -> bool:
    """Whether 60.00 CNY, released by person 5 the day after 60.00 went out, is beyond the limit."""
    row = row_of(LIMIT.name, said)
    row.user = User(pk=row.user_id, person_key=f"p-{row.user_id}") if row.user_id else None  # type: ignore[attr-defined]
    cap = cap_of(row)  # type: ignore[arg-type]  # a limit
    money = Money(Decimal("60.00"))
    spend = Spend(1, CHAIN, 30, "p-5", "new", money, NEXT_DAY)
    used = {(cap.line, f"{DAY}"): money.amount, (cap.line, f"{DAY:%Y-%m}"): money.amount}
    return excess([cap], spend, used) is not None


def goes_out(said: Said) -> bool:
    """Whether 60.00 CNY may go from account 30 up to 31 by itself, after 60.00 that day and 120.00 that month."""
    row = row_of(STANDING.name, said)
    money, used = Decimal("60.00"), Used(Decimal("60.00"), Decimal("120.00"))
    return is_for(row, payer_id=30, target_id=31, currency="CNY") and not beyond(row, money, used)  # type: ignore[arg-type]  # a mandate


def _mandate(field: str, lets: Any, keeps: Any) -> Act:
    base = {"payer": 30, "target": 31, "item": "60.00", "day": "120.00", "month": "180.00"}
    return Act(STANDING.name, field, (lets, True), (keeps, False), goes_out, base)


def _row(field: str, binds: Any, passes_by: Any) -> Act:
    return Act(MATRIX.name, field, (binds, 1), (passes_by, REFUSED), people, {"steps": [STEP]})


def _limit(field: str, binds: Any, passes_by: Any, **base: Any) -> Act:
    base = {"amount": "50.00", "period": "item"} | base
    return Act(LIMIT.name, field, (binds, True), (passes_by, False), bound, base)


ACTS = [
    _row("company", 1, 9),  # a company above, and a stranger
    _row("account", 30, 31),
    _row("types", ["supplier"], ["internal"]),
    _row("classes", ["new"], ["own"]),
    _row("currency", "CNY", "USD"),
    _row("amount_from", "100.00", "100.01"),
    _row("amount_below", "100.01", "100.00"),
    Act(MATRIX.name, "steps", ([], 0), ([STEP, [["treasurer"], 2]], 3), people),
    _limit("company", 1, 9),
    _limit("account", 30, 31),
    _limit("user", 5, 6),
    _limit("payee_class", "new", "own"),
    _limit("currency", "CNY", "USD"),
    _limit("period", "month", "day", amount="100.00"),
    _limit("amount", "59.99", "60.00"),
    _mandate("payer", 30, 29),
    _mandate("target", 31, 32),
    _mandate("currency", "CNY", "USD"),
    _mandate("item", "60.00", "59.99"),
    _mandate("day", "120.00", "119.99"),
    _mandate("month", "180.00", "179.99"),
]
