"""China Guangfa Bank code tables.  Source: bank overview, section 2.2."""

from __future__ import annotations

from bankadapters.codetable import CodeTable, rows
from bankadapters.contract import Direction, Fate

OK = "000"
WITH_RECORDS = "888"  # of queries with records: an answer like any other
STATUS, BATCH_STATUS = ("0004", "0022"), "0034"

TABLE = CodeTable(
    rows(
        STATUS,
        "hostStatus",
        {
            Fate.MANUAL_HANDLING: {"2", "3"},  # waiting for people in web banking
            Fate.PROCESSING: {"4", "5", "E"},
            Fate.SUCCEEDED: {"6"},
            Fate.FAILED: {"7"},
            Fate.UNKNOWN: {"8"},
        },
    )
    # B is paid and b failed and was reversed: the case of a letter decides.
    | rows(
        (BATCH_STATUS,),
        "bankstatus",
        {
            Fate.SUCCEEDED: {"6", "B"},
            Fate.FAILED: {"7", "C", "9", "b"},
            Fate.PROCESSING: {"A", "E"},
            Fate.UNKNOWN: {"8", "D"},
        },
    )
)
SIDE = {"-": Direction.DEBIT, "+": Direction.CREDIT}
