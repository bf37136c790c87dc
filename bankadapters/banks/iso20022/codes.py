"""Status codes of pain.002.  Source: ISO 20022 external code sets, payment transaction and group status, status reasons."""

from __future__ import annotations

from bankadapters.codetable import CodeTable, rows
from bankadapters.contract import Fate

STATUS = "pain.002"
TABLE = CodeTable(
    rows(
        (STATUS,),
        "TxSts",
        {
            Fate.ACCEPTED: ("RCVD", "ACTC", "ACCP", "ACFC", "ACWC", "PATC"),
            Fate.PROCESSING: ("ACSP", "ACWP", "ACSC", "ACCC", "PART"),
            Fate.MANUAL_HANDLING: ("PDNG",),
            Fate.FAILED: ("RJCT",),
        },
    )
)
# Repeats of what was sent before: the first one may well be paid, so these never fail a payment.
REPEATED = frozenset({"AM05", "DU01", "DU02", "DU03", "DU04", "DU05", "DUPL"})
REJECTED = "RJCT"
CNAPS = "CNAPS"  # external clearing system identification
PAIN_001 = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.{}"
