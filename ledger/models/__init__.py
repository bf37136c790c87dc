"""Vouchers and their templates, the bank journal of each account, periods."""

from ledger.models.journal import JournalEntry, JournalOpening
from ledger.models.periods import Period
from ledger.models.templates import VoucherTemplate
from ledger.models.vouchers import Voucher, VoucherLine

__all__ = [
    "JournalEntry",
    "JournalOpening",
    "Period",
    "Voucher",
    "VoucherLine",
    "VoucherTemplate",
]
