"""Ping An Bank code tables.  Source: PingAn sheet, section 5."""

from __future__ import annotations

from bankadapters.codetable import CodeTable, rows
from bankadapters.contract import Direction, Fate

OK = "000000"
UNDER_WAY = "MA9111"
NO_ROWS = "MA0103"  # of 4013
DUPLICATE = "MA4045"  # of ThirdVoucher: it was received already
# Header codes that leave a payment open whatever an operator's table says: the bank is busy, half-dead, or knows it already.
NEVER_FINAL = frozenset(
    {
        DUPLICATE, UNDER_WAY, "GW3002", "AFE001", "AFE002", "AFE003", "AFE004", "E00006", "E00007", "E00008", "YQ9976",
        "YQ9989", "YQ9999", "EBLN00", "SC6011", "MA9112", "YQ9971", "YQ9982", "YQ9984",
    }
)  # fmt: skip

# Stt of 4005 and of the items of 4015. Any other number means that the bank is at it.
FATES = CodeTable(
    rows(
        ("4005", "4015"),
        "Stt",
        {
            Fate.SUCCEEDED: {"20"},
            Fate.FAILED: {"30"},
            Fate.UNKNOWN: {"99"},
            Fate.PROCESSING: {"40"},
        },
    )
)


def fate(operation: str, stt: str, is_back: str) -> Fate:
    """What Stt and IsBack mean together: money that came back was paid before, anything else is a contradiction."""
    known = FATES.fate(operation, "Stt", stt)
    if known is Fate.UNKNOWN and stt != "99" and stt.isascii() and stt.isdigit():
        known = Fate.PROCESSING
    if is_back == "1":
        return Fate.RETURNED if known is Fate.SUCCEEDED else Fate.UNKNOWN
    return known


SIDE = {"D": Direction.DEBIT, "C": Direction.CREDIT}
CURRENCY = {"RMB": "CNY", "": "CNY"}
RMB = "RMB"
# Header code of the body's encoding.
ENCODINGS = {"01": "gb18030", "02": "utf-8"}
