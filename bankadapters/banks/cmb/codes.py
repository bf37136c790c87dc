"""China Merchants Bank code tables.  Source: CMB direct-link sheet, sections 7 and 8."""

from __future__ import annotations

from bankadapters.codetable import CodeTable, rows
from bankadapters.contract import Direction, Fate, Verdict

SUBMITS = ("DCPAYMNT", "DCOPRTRF", "DCPAYREQ", "Payment")
QUERIES = ("NTQRYSTY", "NTQRYSTN", "NTSTLINF", "GetBatchPayOprRes", "GetPaymentInfo")
AGENT_SUBMITS = ("AgentRequest", "NTAGCSAL", "NTAGCAPY", "NTAGCACL")
AGENT_QUERIES = ("NTAGCINY", "NTAGCINN", "GetAgentInfo")
NAMES_ERRORS = (*SUBMITS, "GetBatchPayOprRes")  # whose rows tell a code of their own: ERRCOD
OK_ROW = "SUC0000"
DUPLICATE = "NCB4241"  # of YURREF: says nothing of the first instruction (7.4, rule 5)

_WAITING = {
    Fate.ACCEPTED: {"AUT", "NTE", "OPR", "WCF", "ACK"},
    Fate.PROCESSING: {"BNK", "APD"},
}
_FINISHED = {
    Fate.SUCCEEDED: {"S"},
    Fate.FAILED: {"F", "R", "D", "C", "M", "V"},
    Fate.RETURNED: {"B", "T"},
    Fate.UNKNOWN: {"U"},
}
# A submission's answer fails a payment by F alone and never calls one paid: only a query does (7.4, rule 1).
FATES = CodeTable(
    rows((*SUBMITS, *QUERIES, *AGENT_SUBMITS, *AGENT_QUERIES), "status", _WAITING)
    | rows(SUBMITS, "result", {Fate.FAILED: {"F"}, Fate.ACCEPTED: {"S"}})
    | rows((*QUERIES, *AGENT_QUERIES), "result", _FINISHED)
    | rows(("GetAgentDetail",), "item", {
        Fate.SUCCEEDED: {"S"}, Fate.FAILED: {"F", "C"}, Fate.PROCESSING: {"I"},
    })
    | rows(("NTAGDINF",), "item", {
        Fate.SUCCEEDED: {"S"}, Fate.FAILED: {"E", "C"}, Fate.PROCESSING: {"A", "I"},
    })
    | rows(("NTPAYQYB",), "item", {Fate.RETURNED: {"R"}, Fate.PROCESSING: {"A", "P", "W"}})
)  # fmt: skip

# INFO/RETCOD of a call that pays (7.3). Whatever is not here is undecided, and so is every code but 0 of a query.
PAYMENT_VERDICTS = {
    "0": Verdict.READ,
    "-3": Verdict.REFUSED,  # bad data format: never reached the bank
    "-4": Verdict.NOT_EXECUTED,  # nobody is logged in at the front-end
    "-5": Verdict.NOT_EXECUTED,  # too frequent
    "-6": Verdict.REFUSED,
    "-7": Verdict.REFUSED,
}
MEANINGS = {
    "-1": "未能送达银行主机",
    "-2": "执行失败",
    "-3": "数据格式错误",
    "-4": "前置机未登录",
    "-5": "访问过于频繁",
    "-6": "不是USB-KEY用户",
    "-7": "用户取消",
    "-9": "其他错误",
}

SIDE = {"C": Direction.CREDIT, "D": Direction.DEBIT}
CURRENCY = {
    "10": "CNY",
    "21": "HKD",
    "29": "AUD",
    "32": "USD",
    "35": "EUR",
    "39": "CAD",
    "43": "GBP",
    "65": "JPY",
    "69": "SGD",
    "83": "NOK",
    "85": "DKK",
    "87": "CHF",
    "88": "SEK",
}
CNY = "10"
# Receipt blocks whose direction their name tells (4 g).
RECEIPT_SIDE = {
    "CPRRCSNDX1": Direction.DEBIT,
    "CSTRFPRTX0": Direction.DEBIT,
    "AGNCBPAYZ1": Direction.DEBIT,
    "ABFEEPRTZ1": Direction.DEBIT,
    "AGFEERRCZ1": Direction.DEBIT,
    "AGFEERRCZ2": Direction.DEBIT,
    "CPRRCRCVX1": Direction.CREDIT,
    "CPRRCRTNX1": Direction.CREDIT,
}
