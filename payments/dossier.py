"""One payment as plain values, for an evidence bundle: the order, its instructions as they were sealed, its ties."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Model

from approvals import selectors as approvals
from kernel import seal
from kernel.scope import Scope
from payments import selectors, trail
from payments.content import content_of
from payments.models import DebitTie, PaymentInstruction, PaymentOrder
from payments.services.sealing import unsealed
from statements import selectors as statements

_HIDDEN = frozenset({"sealed", "seal"})


def _plain(value: object) -> Any:
    if isinstance(value, Decimal):
        return f"{value:.2f}"
    if isinstance(value, datetime | date):
        return value.isoformat()
    if value is None or isinstance(value, str | int | bool | list | dict):
        return value
    return str(value)


def columns(row: Model) -> dict[str, Any]:
    """Every column of a row as JSON holds it, closed ones left out."""
    return {
        field.attname: _plain(getattr(row, field.attname))
        for field in row._meta.concrete_fields
        if field.attname not in _HIDDEN
    }


def order_of(order: PaymentOrder) -> dict[str, Any]:
    """The order with the finance system's document it came from, and the list it stood in."""
    source = order.import_set
    return {
        **columns(order),
        "company_code": order.company.code,
        "payer_number": order.payer_account.number,
        "payer_name": order.payer_account.name,
        "maker_name": str(order.maker or ""),
        "import_file": {"name": source.file_name, "sha256": source.sha256} if source else None,
    }


def content_bytes(order: PaymentOrder) -> bytes:
    """The bytes whose digest people signed."""
    return seal.canonical(content_of(order))


def instructions_of(order: PaymentOrder) -> list[PaymentInstruction]:
    """Every attempt, oldest first."""
    return list(order.instructions.select_related("batch").order_by("attempt"))


def sealed_bytes(instruction: PaymentInstruction) -> bytes:
    """The canonical instruction out of its seal; in a bank's worker only. Raises KeysAbsent, SealBroken, Undecipherable."""
    return unsealed(instruction)


def cases_of(order: PaymentOrder) -> list[int]:
    """Its approval cases: the one in force, and those of earlier contents and attempts."""
    return [case.pk for case in approvals.cases_of(kind="payment", subject_id=order.pk)]


def ties_of(attempts: Sequence[PaymentInstruction]) -> list[dict[str, Any]]:
    """The statement entries that show the payment or its return."""
    ties = list(DebitTie.objects.filter(instruction__in=attempts).order_by("pk"))
    entries = statements.entries_by_id([tie.entry_id for tie in ties])
    return [
        {"role": tie.role, "rule": tie.rule, "entry": columns(entries[tie.entry_id])}
        for tie in ties
        if tie.entry_id in entries
    ]


def entry_ids_of(
    order: PaymentOrder, attempts: Sequence[PaymentInstruction], *, scope: Scope
) -> list[int]:
    """The entries of the trail that speak of it."""
    return [told.pk for told in trail.of_order(order, attempts, scope=scope)]


def order_named(name: str, *, scope: Scope) -> PaymentOrder:
    """An order by its number, or by the number of one of its instructions. Raises NotFound."""
    found = selectors.visible_instructions(scope).filter(instr_no=name).first()
    return selectors.get_order(found.order.order_no if found else name, scope=scope)
