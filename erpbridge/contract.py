"""The canonical messages of the ERP border: what a finance system asks for, and what it is told (DOMAIN §7)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from payments import import_cells as cells

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
FIELD_OF = {column: name for name, column in FIELDS.items()}


@dataclass(frozen=True)
class Reply:
    """An answer of the border: HTTP status and body, kept for replay."""

    status: int
    body: dict[str, Any]
