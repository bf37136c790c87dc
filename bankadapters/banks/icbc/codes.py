"""ICBC code tables.  Source: ICBC sheet, section 5, and section 4 of the banks' overview."""

from __future__ import annotations

from bankadapters.codetable import CodeTable, rows
from bankadapters.contract import Direction, Fate

OK = "0"
NO_RECORD = "B0116"  # of a status query: not received, or not yet
SUBMITS = ("PAYENT", "PAYPER")
QUERIES = ("QPAYENT", "QPAYPER")
SIGNED = frozenset(SUBMITS)  # what carries a SignTime

_OPEN = {
    Fate.ACCEPTED: {"0", "1", "2", "3", "10", "20", "86"},
    Fate.MANUAL_HANDLING: {"4"},
    Fate.PROCESSING: {"5", "9", "95", "21"},
    Fate.FAILED: {"6", "8", "11"},
    Fate.UNKNOWN: {"98", "22"},
}
# The answer to a submission calls nothing paid: only a query does.
FATES = CodeTable(
    rows(SUBMITS, "Result", _OPEN)
    | rows(SUBMITS, "done", {Fate.ACCEPTED: {"7"}})
    | rows(QUERIES, "Result", _OPEN | {Fate.SUCCEEDED: {"7"}})
)


def fate(operation: str, result: str) -> Fate:
    """What a row's Result means in the answer to this operation."""
    level = "done" if operation in SUBMITS and result == "7" else "Result"
    return FATES.fate(operation, level, result)


SIDE = {"1": Direction.DEBIT, "2": Direction.CREDIT}
CNY = "001"
CURRENCY = {CNY: "CNY", "RMB": "CNY", "": "CNY"}
