"""Industrial Bank code tables.  Source: CIB sheet, section 7."""

from __future__ import annotations

from bankadapters.codetable import CodeTable, rows
from bankadapters.contract import Fate

OK = "0"
NOT_FOUND = frozenset({"2000", "2020"})  # of a status query without a body
EMPTY = frozenset({"6421", "2001", "2100", "4917", "20203"})  # of a query of entries
LOGIN_REFUSED = frozenset({"15500", "2000"})  # of the sign-on: asking again may lock the operator
REJECTED_LIST = "2000"  # of an asynchronous batch: validation failed, no line of it is paid
IN_BANK, OTHER_BANK = "Y", "N"  # INTERBANK="Y" means inside this bank

SINGLES = ("XFERTRN", "ICTRANSFERTRN")
BATCHES = ("ASYNBATCHTRSFRTRN", "RBATCHTRSFRTRN")
PAYROLL = "RPAYOFFTRN"
QUERIES = {"XFERTRN": "XFERINQTRN", "ICTRANSFERTRN": "ICTRANSFERINQTRN"}
CORE = "INQSTATETRN"

_OPEN = {
    Fate.ACCEPTED: {"SUBMIT_SUCC", "AUDITED"},
    Fate.MANUAL_HANDLING: {"AUDITING", "WAIT_FOR_AUDIT", "SEND_BACK"},
    Fate.PROCESSING: {"PROCESSING"},
    Fate.UNKNOWN: {"PENDING", "PART_PAYOUT"},
    Fate.FAILED: {"FAIL", "CANCEL", "EXPIRED"},
}
_ALL = (*SINGLES, *BATCHES, PAYROLL)
TABLE = CodeTable(
    # A payment is never called paid by the answer that took it.
    rows(_ALL, "submit", _OPEN | {Fate.ACCEPTED: {"SUBMIT_SUCC", "AUDITED", "PAYOUT"}})
    | rows(_ALL, "query", _OPEN | {Fate.SUCCEEDED: {"PAYOUT"}})
    | rows(
        (PAYROLL,),
        "person",
        {
            Fate.SUCCEEDED: {"23"},
            Fate.FAILED: {*map(str, range(40, 55)), "59"},
            Fate.PROCESSING: {"-1", "60", "90"},
        },
    )
    # The core's own view: inside the bank the result alone, between banks the state of a valid record.
    | rows((CORE,), "inside", {Fate.SUCCEEDED: {"1"}, Fate.FAILED: {"2"}})
    | rows((CORE,), "between", {Fate.FAILED: {"2"}})
    | rows(
        (CORE,),
        "state",
        {Fate.SUCCEEDED: {"Y"}, Fate.FAILED: {"F"}, Fate.PROCESSING: {"1", "2", "5", "G"}},
    )
)
WRITTEN_OFF = "9999X026"  # CORECLM of a suspended payment: the money is back
CURRENCY = {
    "01": "CNY", "RMB": "CNY", "": "CNY", "11": "EUR", "12": "GBP", "13": "HKD", "14": "USD", "15": "CHF", "21": "SEK",
    "22": "DKK", "23": "NOK", "27": "JPY", "28": "CAD", "29": "AUD", "32": "MYR", "43": "SGD", "81": "MOP", "84": "THB",
    "87": "NZD",
}  # fmt: skip


def core_fate(*, is_inside: bool, result: str, state: str, claim: str, was_paid: bool) -> Fate:
    """What the core's record says. `was_paid`: the instruction was reported as paid before."""
    if is_inside or result != "1":
        return TABLE.fate(CORE, "inside" if is_inside else "between", result)
    if state == "G" and claim == WRITTEN_OFF:
        return Fate.RETURNED if was_paid else Fate.FAILED
    return TABLE.fate(CORE, "state", state)
