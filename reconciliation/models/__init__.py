"""What was matched, what is outstanding, and what people signed of it."""

from reconciliation.models.brs import BankReconciliationStatement, OpeningItems, OutstandingItem
from reconciliation.models.days import DaySignOff, DebitClass
from reconciliation.models.differences import FoundDifferences
from reconciliation.models.explained import ExplainedDay
from reconciliation.models.matching import (
    Act,
    Basis,
    EndedLine,
    MatchedAccount,
    MatchLine,
    MatchNote,
    Proposal,
    Refusal,
    Watermark,
)
from reconciliation.models.packs import ClosePack

__all__ = [
    "Act",
    "BankReconciliationStatement",
    "Basis",
    "ClosePack",
    "DaySignOff",
    "DebitClass",
    "EndedLine",
    "ExplainedDay",
    "FoundDifferences",
    "MatchLine",
    "MatchNote",
    "MatchedAccount",
    "OpeningItems",
    "OutstandingItem",
    "Proposal",
    "Refusal",
    "Watermark",
]
