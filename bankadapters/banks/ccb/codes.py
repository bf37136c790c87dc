"""China Construction Bank code tables.  Source: CCB sheet, sections 4 and 5."""

from __future__ import annotations

from bankadapters.codetable import CodeTable, rows
from bankadapters.contract import Direction, Fate

OK = "000000"
NO_ROWS = "8350ZX100000"  # of the queries of entries
PREPROCESSING = ("前处理", "预处理")  # words under which the same code means trouble
NOT_FOUND = "0130Z110BB22"  # of 6W1503 and 6W0500
DUPLICATE = "0130Z110B144"  # of 6W1303: the number is known already
NEVER_FINAL = frozenset({DUPLICATE, NOT_FOUND})

PAYROLL_QUERIES = ("6W1503", "6W0500")
# 3 is a success of a transfer and a failure of a payroll: the transaction that was asked decides, never the digit.
RESULTS = CodeTable(
    rows(
        ("6W0600",),
        "DEAL_RESULT",
        {Fate.SUCCEEDED: {"2", "3", "4"}, Fate.FAILED: {"5", "A"}},
    )
    | rows(PAYROLL_QUERIES, "DEAL_RESULT", {Fate.SUCCEEDED: {"4"}, Fate.FAILED: {"3"}})
)
# What the answer to a payment says: never a success and never a failure, the query tells.
TAKEN = CodeTable(
    rows(
        ("6W8010", "6W8020", "6W8060"),
        "DEAL_TYPE",
        {
            Fate.ACCEPTED: {"2", "3", "4"},
            Fate.MANUAL_HANDLING: {"9"},
            Fate.UNKNOWN: {"A"},
        },
    )
)
_LISTED = {(code, level) for (code, level, _), _ in (*RESULTS, *TAKEN)}


def fate(transaction: str, level: str, value: str) -> Fate:
    """What a value means in this transaction; one that is well-formed and not in its table means that the bank is at it."""
    table = RESULTS if level == "DEAL_RESULT" else TAKEN
    known = table.fate(transaction, level, value)
    is_listed = (transaction, level, value) in table.rows
    if is_listed or (transaction, level) not in _LISTED:
        return known
    return Fate.PROCESSING if len(value) == 1 and value.isascii() and value.isalnum() else known


SIDE = {"0": Direction.DEBIT, "1": Direction.CREDIT}
CURRENCY = {"01": "CNY", "": "CNY"}
RMB = "01"
