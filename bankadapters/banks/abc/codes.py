"""Agricultural Bank of China code tables.  Source: ABC sheet, section 5."""

from __future__ import annotations

from bankadapters.codetable import CodeTable, rows
from bankadapters.contract import Fate

OK = "0000"
BY_HAND = "0001"  # of a transfer: somebody at the bank handles it
TROUBLE = frozenset({"9999", "CICS"})  # between front-end and bank: says nothing of any payment
REFUSALS = frozenset(
    {"2003"}
)  # seen as a real refusal: the account is not authorised for the corporation
TRANSFERS = ("CFRT02", "CFRT21", "CFRT01")

TABLE = CodeTable(
    # What the answer to a transfer says: taken or handled by hand, never paid. The query tells.
    rows(TRANSFERS, "WaitFlag", {Fate.ACCEPTED: {"0"}, Fate.MANUAL_HANDLING: {"1"}})
    | rows(TRANSFERS, "RespCode", {Fate.MANUAL_HANDLING: {BY_HAND}})
    | rows(
        ("CQRT04",),
        "inner",
        {Fate.SUCCEEDED: {"0000"}, Fate.PROCESSING: {"0388"}, Fate.FAILED: {"0389"}},
    )
    | rows(("CQRA61",), "UseState", {Fate.SUCCEEDED: {"1"}, Fate.MANUAL_HANDLING: {"0"}})
)
CURRENCY = {"01": "CNY", "CNY": "CNY", "": "CNY"}
RMB = "01"


def standing(*inner: str) -> Fate:
    """What the two inner codes of CQRT04 mean together; two that contradict each other decide nothing."""
    told = {TABLE.fate("CQRT04", "inner", code) for code in inner if code}
    return told.pop() if len(told) == 1 else Fate.UNKNOWN
