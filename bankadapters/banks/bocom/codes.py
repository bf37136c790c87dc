"""Bank of Communications code tables.  Source: BOCOM sheet, sections 3 to 5."""

from __future__ import annotations

from bankadapters.codetable import CodeTable, rows
from bankadapters.contract import Fate

OK = "0000"  # particular_code: the message was taken; ans_code means nothing on a direct link
NOT_FOUND = "4"  # stat: no such record (yet), never a failure

TABLE = CodeTable(
    rows(
        ("310204",),
        "stat",
        {
            Fate.PROCESSING: {"0"},
            Fate.SUCCEEDED: {"1"},
            Fate.FAILED: {"2"},
            Fate.UNKNOWN: {"3", NOT_FOUND},  # 3 is "suspicious"
        },
    )
    # F is a success here, and E the failure.
    | rows(
        ("330002",),
        "sucFlg",
        {Fate.SUCCEEDED: {"F"}, Fate.FAILED: {"E"}, Fate.UNKNOWN: {"3"}},
    )
)
CURRENCY = {"CNY": "CNY", "RMB": "CNY", "RM": "CNY", "": "CNY"}
