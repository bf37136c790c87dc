"""Rows of the approval matrix and limits: each field narrows whom they bind, or sets what they ask."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from approvals.matrix import KIND as MATRIX
from approvals.policy import Subject, rule_for
from approvals.selectors import rule_of
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
]
