"""What a payment list is judged by, and what is found: facts of the world, marks on cells, judged rows. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from payments.import_cells import COMPANY, DOC_NO, DOC_TYPE, LINE_NO
from payments.routing import Terms


@dataclass(frozen=True)
class Mark:
    """A fault or a warning at one cell; `order_no` links the order it clashes with."""

    column: str
    code: str
    message: str
    message_en: str
    order_no: str = ""

    def as_json(self) -> dict[str, str]:
        """The form stored with the import."""
        return {
            "column": self.column,
            "code": self.code,
            "message": self.message,
            "message_en": self.message_en,
            "order_no": self.order_no,
        }


@dataclass(frozen=True)
class AccountFact:
    """An own account as far as an import must know it."""

    account_id: int
    company_code: str
    currency: str
    bank_slug: str
    cnaps: str
    is_payable: bool  # active and switched on for direct link
    is_frozen: bool = False


@dataclass(frozen=True)
class PayeeFact:
    """A payee account of the master data."""

    account_id: int
    name: str
    bank_name: str
    cnaps: str
    is_confirmed: bool


@dataclass(frozen=True)
class BankLimits:
    """Lengths and characters one bank takes: our field name -> (limit, unit), our field name -> characters refused."""

    lengths: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    forbidden: Mapping[str, str] = field(default_factory=dict)


OrderKey = tuple[str, str, str, str]  # company code, document type, document number, line


@dataclass(frozen=True)
class Known:
    """Everything about the world a list is judged by; looked up once for the whole file."""

    today: date
    companies: Mapping[str, int]
    accounts: Mapping[str, AccountFact]
    payees: Mapping[tuple[str, str], PayeeFact] = field(default_factory=dict)
    counterparties: Mapping[str, str] = field(default_factory=dict)  # code -> registered name
    branches: frozenset[str] = frozenset()
    banks: Mapping[str, str] = field(default_factory=dict)  # CNAPS prefix -> name
    orders: Mapping[OrderKey, str] = field(default_factory=dict)  # -> order number
    limits: Mapping[str, BankLimits] = field(default_factory=dict)  # bank slug ->
    now: datetime | None = None  # for the cut-off warning; None = do not warn
    terms: Mapping[int, Terms] = field(default_factory=dict)  # own account id -> windows and caps


@dataclass
class Row:
    """One judged row. The canonical values are only meaningful where their column has no fault."""

    row: int
    text: dict[str, str]
    wrote: dict[str, str] = field(default_factory=dict)  # the texts as the file has them
    faults: list[Mark] = field(default_factory=list)
    warnings: list[Mark] = field(default_factory=list)
    amount: Decimal | None = None
    wish_date: date | None = None
    is_urgent: bool = False
    company_id: int | None = None
    account_id: int | None = None
    payee_account_id: int | None = None
    is_new_payee: bool = False

    def blame(
        self, column: str, code: str, message: str, message_en: str, *, order_no: str = ""
    ) -> None:
        """Add a fault unless the column already has one: the first is the one to mend."""
        if not self.is_bad(column):
            self.faults.append(Mark(column, code, message, message_en, order_no))

    def warn(self, column: str, code: str, message: str, message_en: str) -> None:
        """Add a warning."""
        self.warnings.append(Mark(column, code, message, message_en))

    def is_bad(self, column: str) -> bool:
        """Whether the column carries a fault."""
        return any(mark.column == column for mark in self.faults)

    @property
    def key(self) -> OrderKey:
        """The finance system's own identity of the line."""
        return (
            self.text[COMPANY],
            self.text[DOC_TYPE],
            self.text[DOC_NO],
            self.text[LINE_NO] or "1",
        )

    def as_json(self) -> dict[str, object]:
        """The form stored with the import."""
        return {
            "row": self.row,
            "text": self.text,
            "wrote": {k: v for k, v in self.wrote.items() if self.text[k] != v},
            "faults": [mark.as_json() for mark in self.faults],
            "warnings": [mark.as_json() for mark in self.warnings],
            "amount": None if self.amount is None else f"{self.amount:f}",
            "wish_date": self.wish_date.isoformat() if self.wish_date else None,
            "is_urgent": self.is_urgent,
            "company_id": self.company_id,
            "account_id": self.account_id,
            "payee_account_id": self.payee_account_id,
            "is_new_payee": self.is_new_payee,
        }
