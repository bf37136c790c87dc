"""CEB's tables: trades, fields, codes; lengths the bank does not publish are generous."""

from __future__ import annotations

from bankadapters.simulator.wire import Field

CODES = {
    "0000": "处理成功", "B2E000010": "通讯异常", "SIM0001": "报文格式错误", "SIM0002": "交易码不支持", "SIM0003": "通讯密码错误",
    "SIM0004": "账号不存在", "SIM0005": "账户余额不足", "SIM0006": "户名不符", "SIM0007": "收款账户已销户",
}  # fmt: skip
REASONS = {
    "no_funds": "SIM0005", "wrong_name": "SIM0006", "payee_closed": "SIM0007", "payer_unknown": "SIM0004",
    "all_details_failed": "SIM0001",
}  # fmt: skip
KINDS = {"b2e004001": "pay", "b2e004003": "inquire", "b2e005023": "query"}
RECEIPTS_MAX = 50
_PLAIN = r"[^<&]*"
HEAD = (
    Field("TransCode", 9, 9), Field("BatchID", 1, 50, "[0-9A-Za-z]+"), Field("JnlDate", 8, 8, r"\d{8}"),
    Field("JnlTime", 6, 6, r"\d{6}"),
)  # fmt: skip
TRANSFER = (
    Field("ClientPatchID", 1, 50, "[0-9A-Za-z]+"), Field("transferType", 4, 4, "212[024]"), Field("accountNo", 1, 40),
    Field("toAccountName", 1, 120, _PLAIN), Field("toAccountNo", 1, 40), Field("toBank", 1, 120, _PLAIN),
    Field("amount", 1, 16, r"\d{1,13}(\.\d{1,2})?"), Field("noteOther", 0, 200, _PLAIN), Field("bankNo", 0, 12, r"\d{12}"),
    Field("isUrgent", 1, 1, "[01]"), Field("perOrEnt", 1, 1, "[01]"),
)  # fmt: skip
