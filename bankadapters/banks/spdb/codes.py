"""SPDB code tables.  Source: SPDB sheet, sections 4 and 5, and section 4 of the banks' overview."""

from __future__ import annotations

from collections.abc import Mapping

from bankadapters.codetable import CodeTable, rows
from bankadapters.contract import Direction, Fate

OK = "AAAAAAA"
NO_ROWS = "EGG0521"
# Unsigned errors that come before anything is taken in: these alone end a payment (5).
REFUSALS = frozenset({"EYY9994", "EYY8995", "EYY8998", "B2E0005", "EGG0042", "EGG0044", "EGG0346"})
# Codes that leave a payment open whatever an operator's table says.
NEVER_FINAL = frozenset({"EYY8990", "EGG0050", NO_ROWS, OK})

_OPEN = {
    Fate.MANUAL_HANDLING: {"0", "1", "2", "3"},
    Fate.PROCESSING: {"A"},
    Fate.FAILED: {"8", "9"},
}
# The answer to a submission calls nothing paid: only a query does.
FATES = CodeTable(
    rows(("8801", "8804"), "transStatus", _OPEN)
    | rows(("8801",), "booked", {Fate.ACCEPTED: {"4"}})
    | rows(("8804",), "booked", {Fate.SUCCEEDED: {"4"}})
    | rows(("DO48",), "transStatus", {
        Fate.ACCEPTED: {"0"}, Fate.MANUAL_HANDLING: {"5"}, Fate.PROCESSING: {"9", "Z"}, Fate.FAILED: {"2", "3", "4", "Y"},
        Fate.UNKNOWN: {"1"},
    })
    | rows(("EY03",), "transStatus", {
        Fate.MANUAL_HANDLING: {"5", "A"}, Fate.PROCESSING: {"9", "D"}, Fate.FAILED: {"2", "3", "4", "Y", "F", "C"},
        Fate.SUCCEEDED: {"S"}, Fate.UNKNOWN: {"1"},
    })
    | rows(("EG30",), "businessStatus", {
        Fate.FAILED: {"0"}, Fate.SUCCEEDED: {"1"}, Fate.PROCESSING: {"2", "3"},
    })
)  # fmt: skip
AUTHORISED = "0"  # transStatus of DO48: the host has it now, under hostJnlSeqNo


def fate(operation: str, status: str) -> Fate:
    """What a status means in this trade; one that is not listed means that the bank is at it, an empty one nothing."""
    level = "businessStatus" if operation == "EG30" else "transStatus"
    if operation in ("8801", "8804"):
        if status == "4":
            level = "booked"
        elif status and (operation, level, status) not in FATES.rows:
            return Fate.UNKNOWN if len(status) > 1 else Fate.PROCESSING
    return FATES.fate(operation, level, status)


SIDES: Mapping[str, Mapping[str, Direction]] = {
    "0": {"0": Direction.DEBIT, "1": Direction.CREDIT},
    "1": {"1": Direction.DEBIT, "0": Direction.CREDIT},
    "D": {"D": Direction.DEBIT, "C": Direction.CREDIT},
}
