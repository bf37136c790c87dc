"""What a template makes of an example: the voucher a person looks at before it is proposed, agreed to or used. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from kernel.errors import DomainError
from ledger.rules import EVENTS, BookFact, Entry, Line, Template, make_entry

_WORDS = {
    "account_subject": "100201",
    "account_number": "320766250001",
    "counterparty_name": "江阴恒源化工有限公司",
    "counterparty_account": "6222000010",
    "counterparty_code": "V00001",
    "bank_serial": "18000001",
    "settlement_method": "网银",
    "narrative": "转账",
    "order_no": "P01000000001",
    "erp_doc_no": "FK0001",
    "order_subject": "220201",
    "cash_flow_item": "1001",
    "purpose": "货款",
    "bank_ref": "Y01000000001",
    "customer_subject": "112201",
    "suspense_subject": "224199",
    "invoice_no": "INV-0001",
    "contract_no": "HT-0001",
    "notice_no": "N0001",
}
_FIGURES = {"amount": Decimal("1000.00"), "fee": Decimal("10.00"), "prepaid": Decimal("200.00")}


@dataclass(frozen=True)
class Example:
    """The example's voucher, or why the template makes none of it."""

    voucher_type: str
    lines: Sequence[Line]
    total: Decimal
    refusal: DomainError | None = None


def example_of(template: Template, *, day: date) -> Example | None:
    """The voucher of an example of the template's event; None where the template books nothing, or its event is unknown."""
    kind = EVENTS.get(template.event)
    if kind is None or not template.lines:
        return None
    fact = BookFact(
        event=template.event,
        posting_key="example",
        company_id=0,
        day=day,
        figures={name: _FIGURES.get(name, Decimal("1.00")) for name in kind.figures},
        words={name: _WORDS.get(name, name) for name in kind.words},
        account_subject=_WORDS["account_subject"],
    )
    try:
        entry: Entry = make_entry(template, fact)
    except DomainError as refusal:
        return Example(template.voucher_type, (), Decimal(0), refusal)
    return Example(entry.voucher_type, entry.lines, entry.amount)
