"""CITIC code tables.  Source: CITIC sheet, sections 4 (f) and 5, and the ranking at its end."""

from __future__ import annotations

from bankadapters.codetable import CodeTable, rows
from bankadapters.contract import Direction, Fate

OK, PARTLY = "AAAAAAA", "BBBBBBB"
BATCH_UNKNOWN = "CP07815"  # of a batch query: not received, or not yet
_BUSY = {"AAAAAAB", "AAAAAAC", "AAAAAAE", "CCCCCCC"}
# Raised by the front-end itself, or saying that no transaction came about: the outcome is open whatever else is said.
_OPEN = ("ET", "CF09", "CF14", "CF15", "CF18", "CF19", "CF20", "CF21", "CF22", "CF23", "CM12", "ED10", "ED11", "ED12")  # fmt: skip

_SUBMITTED = {
    Fate.ACCEPTED: {"AAAAAAA", "AAAAAAB", "AAAAAAC", "AAAAAAF", "AAAAAAG", "AAAAAAH", "AAAAAAK"},
    Fate.PROCESSING: {"AAAAAAE", "CCCCCCC"},
}
_ROW = {Fate.SUCCEEDED: {"AAAAAAA"}, Fate.PROCESSING: {*_BUSY, "AAAAAAF", "AAAAAAG", "AAAAAAH", "AAAAAAK"}}  # fmt: skip
_BATCH = {
    Fate.FAILED: {"CP07817", "CP07820", "CP07821", "CP07822", "CP07825"},
    Fate.PROCESSING: {"CP07818", "CP07819", "CP07823"},
    Fate.UNKNOWN: {BATCH_UNKNOWN, "CP07816", "CP07824"},
}
_PAYROLL = {
    Fate.FAILED: {"ED02086", "ED02090", "ED02093", "ED02094", "ED02100"},
    Fate.PROCESSING: {"ED02087", "ED02088", "ED02095"},
    Fate.UNKNOWN: {"ED02096"},
}
FATES = CodeTable(
    rows(("submit",), "status", _SUBMITTED)
    | rows(("DLCIDSTT",), "stt", {Fate.SUCCEEDED: {"0"}, Fate.FAILED: {"1", "3", "4"}, Fate.UNKNOWN: {"2"}})
    | rows(("DLBATDET", "DLSALCOL"), "row", _ROW)
    | rows(("DLBATDET",), "status", _BATCH)
    | rows(("DLSALCOL",), "status", _PAYROLL),
    decidable=[("DLBATDET", "status"), ("DLSALCOL", "status"), ("submit", "status")],
)  # fmt: skip


def is_open(status: str) -> bool:
    """Whether a status is the front-end's own, or denies that anything came about: never a failure."""
    return status in ("EEEEEEE", "UNKNOWN") or status.startswith(_OPEN)


def of_payment(stt: str, status: str) -> Fate:
    """One payment asked about: stt decides, but for a failure that the front-end itself reports."""
    said = FATES.fate("DLCIDSTT", "stt", stt)
    if said is Fate.FAILED and is_open(status):
        return Fate.UNKNOWN
    return Fate.PROCESSING if stt == "2" and status in _BUSY else said


def of_row(trade: str, status: str, final_failures: frozenset[str] = frozenset()) -> Fate:
    """A row of a batch, or a payroll, asked about; an operator's table never decides the front-end's own codes."""
    known = FATES.fate(trade, "row", status)
    if known is not Fate.UNKNOWN:
        return known
    final = frozenset() if is_open(status) else final_failures
    return FATES.fate(trade, "status", status, final_failures=final)


SIDE = {"D": Direction.DEBIT, "C": Direction.CREDIT}
CURRENCY = {"01": "CNY", "": "CNY"}
