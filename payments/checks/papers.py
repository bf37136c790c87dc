"""An order as the duplicate rules read it, and the document numbers its texts mention."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING

from kernel.clock import SHANGHAI
from masterdata.checks import normalise_name

if TYPE_CHECKING:
    from payments.models import PaymentOrder

INVOICE, CONTRACT, MENTION, DOCUMENT, LINE = "invoice", "contract", "mention", "document", "line"
KEY_MAX = 60
_SEPARATORS = re.compile(r"[\s,，;；、]+")
_NUMBER = r"[A-Z0-9](?:[A-Z0-9_/.-]*[A-Z0-9])?"
_CONTRACT = re.compile(rf"(?:合同|协议|CONTRACT)(?:编号|号码|号|NO\.?)?[:：#\s]*({_NUMBER})")
_MENTION = re.compile(rf"(?<![A-Z0-9.]){_NUMBER}(?![A-Z0-9])")
_DATE = re.compile(r"(19|20)\d{2}[-/.]?(0?[1-9]|1[0-2])([-/.]?(0?[1-9]|[12]\d|3[01]))?")
_AMOUNT = re.compile(r"\d{1,3}(,?\d{3})*\.\d{1,2}")
_DROPPED = re.compile(r"[^0-9A-Z]")
_SAID = re.compile(r"[\W_]+")


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).upper()


def number_key(text: str) -> str:
    """A document number for comparing: letters and digits alone, upper case."""
    return _DROPPED.sub("", _plain(text))[:KEY_MAX]


def purpose_key(text: str) -> str:
    """A purpose for comparing: full-width made plain, no blanks and no punctuation."""
    return _SAID.sub("", unicodedata.normalize("NFKC", text)).lower()


def _mentions(text: str) -> dict[str, str]:
    """Document numbers in free text: contracts by their word, else what has six characters and four digits.

    Dates and amounts are no document numbers.
    """
    plain = _plain(text)
    found = {}
    for number in _MENTION.findall(plain):
        key = number_key(number)
        is_number = len(key) >= 6 and sum(letter.isdigit() for letter in key) >= 4
        if is_number and not _DATE.fullmatch(number) and not _AMOUNT.fullmatch(number):
            found[key] = MENTION
    for number in _CONTRACT.findall(plain):
        key = number_key(number)
        if len(key) >= 4 and any(letter.isdigit() for letter in key):
            found[key] = CONTRACT
    return found


@dataclass(frozen=True)
class Paper:
    """What of an order the rules compare; its fields are the order's own columns, but for `payer_subject`: the
    account subject of the payer's account, by which the strategy may rule."""

    order_id: int
    order_no: str
    company_id: int
    payer_account_id: int
    payee_account_id: int | None
    payee_name: str
    payee_number: str
    amount: Decimal
    currency: str
    purpose: str
    remark: str
    invoice_no: str
    erp_doc_type: str
    erp_doc_no: str
    erp_line_no: str
    wish_date: date
    created_at: datetime
    state: str
    shown_state: str
    content_hash: str
    import_set_id: int | None
    schedule_id: int | None
    payer_subject: str = ""

    @cached_property
    def day(self) -> date:
        """The day it was made, in Shanghai."""
        return self.created_at.astimezone(SHANGHAI).date()

    @cached_property
    def name_key(self) -> str:
        """The payee's name for comparing."""
        return normalise_name(self.payee_name)

    @cached_property
    def purpose_key(self) -> str:
        """The purpose for comparing."""
        return purpose_key(self.purpose)

    @cached_property
    def numbers(self) -> Mapping[str, str]:
        """Every document number it names → how: invoice, contract, mention, document (and `line`: of this company)."""
        found = _mentions(f"{self.purpose} {self.remark}")
        for number in (*_SEPARATORS.split(self.invoice_no), self.invoice_no):
            key = number_key(number)
            if any(letter.isdigit() for letter in key):
                found[key] = INVOICE
        if self.erp_doc_no and self.erp_doc_no != self.order_no:
            document = number_key(self.erp_doc_no)
            if found.get(document) != INVOICE:  # its own number in its text is no mention
                found[document] = DOCUMENT
            found[f"{self.company_id}/{self.erp_doc_type}/{document}/{self.erp_line_no}"] = LINE
        return MappingProxyType(found)

    @property
    def references(self) -> list[str]:
        """The numbers of other people's papers it names: what is looked up among earlier orders."""
        return [key for key, kind in self.numbers.items() if kind in (INVOICE, CONTRACT, MENTION)]

    @property
    def is_released(self) -> bool:
        """Whether its people are done with it: released, or ended because it was paid outside the platform."""
        return self.state in ("released", "void")


_PATHS = {"order_id": "pk", "payer_subject": "payer_account__gl_subject"}
COLUMNS = tuple(_PATHS.get(f.name, f.name) for f in fields(Paper))


def paper_of(order: PaymentOrder) -> Paper:
    """The paper of an order in memory, written or not yet."""
    values = {f.name: getattr(order, f.name) for f in fields(Paper) if f.name not in _PATHS}
    subject = order.payer_account.gl_subject
    return Paper(order_id=order.pk or 0, payer_subject=subject, **values)
