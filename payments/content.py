"""What an order says: the request it is drafted from, and the one place that writes the bytes people approve."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from kernel import seal

if TYPE_CHECKING:
    from payments.models import PaymentOrder

# Every column of an order that decides who gets how much, from where, when and for what.
MONEY_FIELDS = (
    "order_no",
    "company_id",
    "kind",
    "payer_account_id",
    "payee_account_id",
    "payee_version",
    "payee_code",
    "payee_name",
    "payee_number",
    "payee_bank",
    "payee_cnaps",
    "is_personal",
    "is_free_typed",
    "amount",
    "currency",
    "purpose",
    "remark",
    "wish_date",
    "is_urgent",
    "invoice_no",
    "schedule_id",
)


@dataclass(frozen=True, kw_only=True)
class OrderRequest:
    """A payment as asked for by a person, a list or a finance system; codes and numbers, no row ids of ours."""

    company_code: str
    payer_number: str
    payee_number: str
    payee_name: str
    amount: Decimal
    wish_date: date
    payee_code: str = ""
    payee_bank: str = ""
    payee_cnaps: str = ""
    currency: str = "CNY"
    purpose: str = ""
    remark: str = ""
    is_urgent: bool = False
    is_personal: bool = False
    invoice_no: str = ""
    gl_subject: str = ""
    cash_flow_item: str = ""
    kind: str = "supplier"
    source_system: str = "manual"
    erp_doc_type: str = "付款单"
    erp_doc_no: str = ""  # empty: the order's own number
    erp_line_no: str = "1"
    is_free_payee: bool = False  # typed, not chosen: an exception with a right of its own
    schedule_code: str = ""  # of a recurring payment: this date and amount stand in its schedule
    import_set_id: int | None = None
    import_row: int | None = None


@dataclass(frozen=True, kw_only=True)
class LinkedRequest:
    """The payment itself, and how it is fed: `fund` comes down from `master_number`, `sweep` goes back up after it."""

    payment: OrderRequest
    master_number: str
    fund: Decimal
    sweep: Decimal = Decimal("0.00")


@dataclass(frozen=True, kw_only=True)
class Proof:
    """What somebody brings who says that an order was paid outside the platform."""

    channel: str
    paid_on: date
    reason: str
    evidence_name: str
    evidence_file: bytes
    bank_serial: str = ""


_NOT_PAYLOAD = {"import_set_id", "import_row"}
_LATER_FIELDS = ("schedule_code", "is_free_payee")


def payload_hash(request: OrderRequest) -> str:
    """Digest of everything the sender said: the same document line with another digest is a conflict."""
    said = {f.name: getattr(request, f.name) for f in fields(request) if f.name not in _NOT_PAYLOAD}
    for name in _LATER_FIELDS:  # unsaid, they leave the digest what it was before they existed
        if not said[name]:
            del said[name]
    return seal.digest(seal.canonical(said))


def content_of(order: PaymentOrder) -> Mapping[str, object]:
    """The money fields of an order as they stand in its row now."""
    values: dict[str, object] = {name: getattr(order, name) for name in MONEY_FIELDS}
    values["amount"] = f"{order.amount:.2f}"
    return values


def content_hash(order: PaymentOrder) -> str:
    """SHA-256 over the canonical money fields; what approvals bind to."""
    return seal.digest(seal.canonical(content_of(order)))
