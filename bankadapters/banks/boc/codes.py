"""Bank of China code tables, keyed by (operation, level, code); what is not listed is UNKNOWN.

Source: BOCB2E interface sheet, section 5 "Status semantics".
"""

from __future__ import annotations

from bankadapters.codetable import CodeTable, rows
from bankadapters.contract import Direction, Fate

OK = "B001"
MORE = "B002"
NOTHING_FOUND = "B003"
NOT_SIGNED_ON = frozenset({"1033", "B107"})
UNEXPLAINED = frozenset({"B006", "B007", "B008", "B009", "B010"})
UNDER_WAY = frozenset(
    [
        "B054",
        "B059",
        "B266",
        "B030",
        "B031",
        "B021",
        "B022",
        "B023",
        "B052",
        "B147",
        "B150",
        "B257",
        "B263",
        "B267",
        "B268",
        "B269",
        "RC99",
        "B999",
    ]
)

_SUBMIT = ("b2e0009", "b2e0061", "b2e0078")
FATES = CodeTable(
    rows(_SUBMIT, "item", {Fate.ACCEPTED: {OK}, Fate.PROCESSING: UNDER_WAY})
    | rows(
        ("b2e0007",),
        "item",
        {
            Fate.SUCCEEDED: {OK},
            Fate.PROCESSING: UNDER_WAY,
            Fate.UNKNOWN: UNEXPLAINED | NOT_SIGNED_ON,
        },
    ),
    decidable={("b2e0007", "item")},
)

DIRECTION = {"1": Direction.CREDIT, "2": Direction.DEBIT}
CURRENCY_IN = {
    "001": "CNY",
    "012": "GBP",
    "013": "HKD",
    "014": "USD",
    "015": "CHF",
    "018": "SGD",
    "021": "SEK",
    "022": "DKK",
    "023": "NOK",
    "027": "JPY",
    "028": "CAD",
    "029": "AUD",
    "038": "EUR",
    "072": "RUB",
    "081": "MOP",
    "082": "PHP",
    "084": "THB",
    "087": "NZD",
    "101": "KZT",
}
