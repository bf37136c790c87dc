"""CMBC code tables.  Source: CMBC sheet, section 5."""

from __future__ import annotations

from bankadapters.codetable import CodeTable, rows
from bankadapters.contract import Fate

OK = "0"
TAKEN = "WYHL01"  # accepted, arrival not known yet: of a submission and of a question
UNKNOWN_NUMBER = "E1602"  # of a question: not received, or not yet
END_OF_ROWS = "WEC32"
FAILED_BEFORE = "W6191"  # of a question: the payment failed
# Codes that leave a payment open whatever an operator's table says.
NEVER_FINAL = frozenset({"WEC02", "88888888", "W3317", UNKNOWN_NUMBER, TAKEN, OK})

FATES = CodeTable(
    rows(("Xfer",), "code", {Fate.ACCEPTED: {OK}, Fate.PROCESSING: {TAKEN}})
    | rows(("qryXfer",), "code", {Fate.PROCESSING: {TAKEN}, Fate.FAILED: {FAILED_BEFORE}})
    | rows(("qryXfer",), "statusCode", {
        Fate.SUCCEEDED: {"0"}, Fate.FAILED: {"2"}, Fate.UNKNOWN: {"3"},
    }),
    decidable=[("Xfer", "code")],
)  # fmt: skip


def of_status(status: str) -> Fate:
    """What statusCode means; another number than the known ones means that the bank is at it."""
    known = FATES.fate("qryXfer", "statusCode", status)
    is_other = known is Fate.UNKNOWN and status != "3" and status.isascii() and status.isdigit()
    return Fate.PROCESSING if is_other else known
