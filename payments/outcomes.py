"""What the bank bridge reports and what it is handed: plain values, no bank's words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, kw_only=True)
class ReportedOutcome:
    """The bank's word on one payment, in our words.

    `fate`: accepted, processing, manual_handling, succeeded, failed, returned or unknown (DOMAIN §3.1).
    `not_found`: the bank does not know the reference (yet), which is never a failure by itself.
    """

    bank_ref: str
    fate: str
    bank_serial: str = ""
    code: str = ""
    text: str = ""
    amount: Decimal | None = None  # where the bank echoes it
    not_found: bool = False


@dataclass(frozen=True, kw_only=True)
class SealedInstruction:
    """What was sealed at release, decrypted and verified: the only source of what is sent."""

    instruction_id: int
    order_id: int
    instr_no: str
    bank_ref: str
    payer_account: str
    payer_name: str
    payer_branch: str  # the bank's own branch code of the payer account
    payer_cnaps: str
    payee_account: str
    payee_name: str
    payee_bank: str
    cnaps: str
    amount: Decimal
    currency: str
    purpose: str
    remark: str
    is_urgent: bool
    is_personal: bool
    route: str
    day: date  # the day it is sent


@dataclass(frozen=True, kw_only=True)
class ClaimedBatch:
    """A batch in SENDING under a lease; only the holder of `fences` may record its end.

    `fence` is the token of the claim (the highest of its items); `fences` the token of each item by instruction id.
    """

    batch_id: int
    batch_no: str
    fence: int
    connection_id: int
    operation: str
    instructions: tuple[SealedInstruction, ...]
    fences: dict[int, int]
    company_id: int | None = None  # whose batch it is: its wire evidence is that company's


@dataclass(frozen=True, kw_only=True)
class DueInquiry:
    """One payment to ask the bank about."""

    instruction_id: int
    bank_ref: str
    bank_serial: str
    day: date
    state: str
    operation: str
    batch_no: str
    payer_account: str
    amount: Decimal
    currency: str


@dataclass(frozen=True)
class BulkResult:
    """What a bulk command did, row by row: order ids done, and (order id, why not) for the others."""

    done: list[int]
    refused: list[tuple[int, str]]
