"""Postal Savings Bank of China code tables.  Source: bank overview, section 2.3."""

from __future__ import annotations

from bankadapters.codetable import CodeTable, rows
from bankadapters.contract import Fate

OK = "00"
SIGN_ON, BALANCE, PAY, STATUS = "770020", "772000", "774000", "772030"
TABLE = CodeTable(
    rows((PAY,), "reply", {Fate.ACCEPTED: {OK}}) | rows((STATUS,), "reply", {Fate.SUCCEEDED: {OK}}),
    decidable={(STATUS, "reply")},
)
