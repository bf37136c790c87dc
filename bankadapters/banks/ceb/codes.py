"""CEB code tables.  Source: the banks' overview, section 2.1."""

from __future__ import annotations

from bankadapters.codetable import CodeTable, rows
from bankadapters.contract import Fate

OK = "0000"  # the message was handled: nothing is paid by that
# Communication, or a repeated number: leaves a payment open whatever an operator's table says.
NEVER_FINAL = frozenset({OK, "B2E000010"})
PAID = "00/00"
FATES = CodeTable(
    rows(("b2e004003",), "flags", {Fate.SUCCEEDED: {PAID}}),
    decidable=[("b2e004003", "flags")],
)


def of_flags(flags: str, final_failures: frozenset[str]) -> Fate:
    """NowFlag and TransferFlag together: both 00 are paid; any other pair is open until an operator knows better."""
    return FATES.fate("b2e004003", "flags", flags, final_failures=final_failures)
