"""CMBC's tables: trades, fields, codes; lengths the bank does not publish are generous."""

from __future__ import annotations

from bankadapters.simulator.wire import Field

CODES = {
    "0": "ok", "WYHL01": "已受理，到账未知", "WEC02": "网络异常", "WEC32": "起止记录数无效", "E1602": "指令号不存在",
    "W6191": "原交易失败", "W3317": "客户不存在", "88888888": "指令号重复", "SIM01": "报文格式错误", "SIM02": "协议错误",
    "SIM03": "账号不存在", "SIM04": "账户余额不足", "SIM05": "户名不符", "SIM06": "收款账户已销户",
}  # fmt: skip
REASONS = {
    "no_funds": "SIM04", "wrong_name": "SIM05", "payee_closed": "SIM06", "payer_unknown": "SIM03",
    "all_details_failed": "SIM01",
}  # fmt: skip
KINDS = {"Xfer": "pay", "qryXfer": "inquire", "qryBal": "query", "qryDtl": "query"}
PAGE_ROWS = 100
_DAY = r"\d{4}-\d{2}-\d{2}"
HEADER = (
    Field("dtClient", 19, 19, r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}"), Field("clientId", 1, 30), Field("userId", 1, 30),
    Field("userPswd", 1, 60), Field("language", 3, 3, "chs"), Field("appId", 6, 6, "nsbdes"), Field("appVer", 3, 3, "201"),
)  # fmt: skip
TRANSFER = (
    Field("insId", 1, 40, "[0-9A-Za-z]+"), Field("acntNo", 1, 40), Field("acntName", 1, 120), Field("acntToNo", 1, 40),
    Field("acntToName", 1, 120), Field("externBank", 1, 1, "[01]"), Field("localFlag", 1, 1, "[0-5]"),
    Field("rcvCustType", 1, 1, "[12]"), Field("bankCode", 0, 12, r"\d{12}"), Field("amount", 1, 16, r"\d{1,13}(\.\d{1,2})?"),
    Field("explain", 0, 200), Field("actDate", 10, 10, _DAY),
)  # fmt: skip
ENTRIES = (
    Field("acntNo", 1, 40), Field("dateFrom", 10, 10, _DAY), Field("dateTo", 10, 10, _DAY),
    Field("startNo", 1, 9, r"[1-9]\d*"), Field("endNo", 1, 9, r"[1-9]\d*"),
)  # fmt: skip
