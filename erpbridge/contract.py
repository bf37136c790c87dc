"""The canonical messages of the ERP border, whatever style carries them (DOMAIN §7): kinds, fields, replies.

A style turns bytes or rows into a `Delivery` and a `Reply` back into bytes or rows; it decides nothing. Every field is a
text; amounts have two decimals, days are ISO dates.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from payments import import_cells as cells


class Kind(StrEnum):
    """What a message is about. The first group comes in, the second goes out."""

    PAYMENT_REQUEST = "payment_request"
    MASTER_DATA = "master_data"
    RECEIPT = "receipt"  # the finance system has stored results, vouchers … of ours
    VOUCHER_ACK = "voucher_ack"  # it has booked a voucher, or says why not
    HOLDING = "holding"  # what it holds of ours, to be compared

    PAYMENT_RESULT = "payment_result"
    ARRIVAL_NOTICE = "arrival_notice"
    STATEMENT = "statement"
    VOUCHER = "voucher"


# field of the API -> column of a payment list: both are judged by the same rules
FIELDS: dict[str, str] = {
    "doc_type": cells.DOC_TYPE,
    "doc_no": cells.DOC_NO,
    "line_no": cells.LINE_NO,
    "company_code": cells.COMPANY,
    "payer_account": cells.PAYER,
    "payee_code": cells.PAYEE_CODE,
    "payee_name": cells.PAYEE_NAME,
    "payee_account": cells.PAYEE_NUMBER,
    "payee_bank": cells.PAYEE_BANK,
    "cnaps": cells.CNAPS,
    "currency": cells.CURRENCY,
    "amount": cells.AMOUNT,
    "purpose": cells.PURPOSE,
    "remark": cells.REMARK,
    "wish_date": cells.WISH_DATE,
    "urgent": cells.URGENT,
    "invoice_no": cells.INVOICE,
    "gl_subject": cells.SUBJECT,
    "cash_flow_item": cells.CASH_FLOW,
}
OPTIONAL_FIELDS = frozenset(name for name, column in FIELDS.items() if column in cells.OPTIONAL)
FIELD_OF = {column: name for name, column in FIELDS.items()}
# A supplier or customer with one of its bank accounts (the five exchanged fields, and what routing needs beside them), or,
# with kind `subject`, an account subject of a company.
MASTER_FIELDS = (
    *("kind", "code", "name", "uscc", "account", "account_name", "bank", "cnaps", "company_code"),
)
RECEIPT_FIELDS = ("message_id",)
VOUCHER_ACK_FIELDS = ("company_code", "posting_key", "result", "erp_voucher_no", "reason")
HOLDING_FIELDS = (  # one row a document line or voucher; list_no, as_of, first_day and list_rows are the list's, on every row
    *("list_no", "as_of", "first_day", "list_rows", "what", "company_code", "doc_type", "doc_no", "line_no"),
    *("posting_key", "amount", "currency", "state", "ref_no"),
)  # fmt: skip
IN_FIELDS: dict[Kind, tuple[str, ...]] = {
    Kind.PAYMENT_REQUEST: tuple(FIELDS),
    Kind.MASTER_DATA: MASTER_FIELDS,
    Kind.RECEIPT: RECEIPT_FIELDS,
    Kind.VOUCHER_ACK: VOUCHER_ACK_FIELDS,
    Kind.HOLDING: HOLDING_FIELDS,
}
RESULT_FIELDS = (
    *("order_no", "company_code", "doc_type", "doc_no", "line_no", "amount", "currency", "state"),
    *("state_name", "instr_no", "bank_serial", "bank_code", "reason", "paid_outside", "final_at"),
)
STATEMENT_FIELDS = (
    *("account", "company_code", "bank_date", "booked_at", "bank_serial", "direction", "amount"),
    *("currency", "balance_after", "counterparty_name", "counterparty_account", "narrative"),
    *("purpose", "reference"),
)
ARRIVAL_FIELDS = (  # one row a part; the amounts of a notice's parts add up to its credit
    *("notice_no", "company_code", "account", "office_code", "bank_date", "booked_at"),
    *("bank_serial", "credit_amount", "currency", "payer_name", "payer_account", "narrative"),
    *("purpose", "state", "nature", "part_no", "amount", "customer_code", "customer_name"),
    *("contract_no", "invoice_no", "subject", "cash_flow_item", "voucher_no"),
)
VOUCHER_FIELDS = (  # one row an entry line
    *("posting_key", "company_code", "day", "period", "voucher_type", "voucher_no", "attachments"),
    *("maker", "reverses", "line_no", "description", "subject", "debit", "credit", "currency"),
    *("settlement_method", "bill_no", "bill_date", "department", "person", "customer", "supplier"),
    *("project", "cash_flow_item", "counterparty_name", "counterparty_account"),
)
MASTER_OUT_FIELDS = (  # one row an account of a partner
    *("kind", "code", "name", "uscc", "account", "account_name", "bank", "cnaps"),
    *("account_state", "version", "origin", "is_active"),
)
OUT_FIELDS: dict[Kind, tuple[str, ...]] = {
    Kind.PAYMENT_RESULT: RESULT_FIELDS,
    Kind.ARRIVAL_NOTICE: ARRIVAL_FIELDS,
    Kind.STATEMENT: STATEMENT_FIELDS,
    Kind.VOUCHER: VOUCHER_FIELDS,
    Kind.MASTER_DATA: MASTER_OUT_FIELDS,
}


@dataclass(frozen=True)
class Delivery:
    """One message from outside, as a style hands it over.

    `key` is the sender's own number of it: the same key with the same items is answered as the first time, with other
    items it is refused. `is_whole` asks for all items or none; else each is judged on its own.
    """

    kind: Kind
    key: str
    items: Sequence[Any]
    style: str
    origin: str = ""
    is_whole: bool = False
    replay_of: int | None = None  # the delivery whose refused items these are
    faults: Mapping[int, Sequence[Mapping[str, Any]]] = field(
        default_factory=dict
    )  # of items that could not be read


@dataclass(frozen=True)
class Reply:
    """An answer of the border: HTTP status and body, kept for replay."""

    status: int
    body: dict[str, Any]


@dataclass(frozen=True)
class ItemReply:
    """What became of one item: OK (taken), DUP (it was there, unchanged) or ERR with its faults."""

    row: int
    status: str
    ours: str = ""  # our number of what it became
    state: str = ""
    errors: tuple[Mapping[str, Any], ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The form every style answers with."""
        return {
            "row": self.row,
            "status": self.status,
            "ours": self.ours,
            "state": self.state,
            "errors": [dict(error) for error in self.errors],
        }


@dataclass(frozen=True)
class Outgoing:
    """One message to a finance system: `items` are rows of OUT_FIELDS; the same id may come more than once."""

    message_id: str
    kind: Kind
    company_code: str
    items: Sequence[Mapping[str, Any]] = field(default_factory=tuple)
    version: int = 0  # of what it tells about: a later one says more


@dataclass(frozen=True)
class Checked:
    """One thing that was tried on a lane: what, whether it works, and what was found."""

    what: str
    is_ok: bool
    note: str = ""


def fault(name: str, row: int | None, code: str, message: str, message_en: str) -> dict[str, Any]:
    """One fault in the form every style answers with."""
    return {
        "code": code,
        "field": name,
        "row": row,
        "message_zh": message,
        "message_en": message_en,
    }
