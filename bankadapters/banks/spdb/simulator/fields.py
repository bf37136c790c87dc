"""SPDB's tables: trades, fields, return codes; lengths the bank does not publish are generous."""

from __future__ import annotations

from datetime import date, datetime

from bankadapters.simulator.bank import Refusal
from bankadapters.simulator.wire import Field

CODES = {
    "AAAAAAA": "交易成功", "EYY8990": "报文号当日重复", "EYY9994": "验签失败", "EYY8995": "批量文件错误",
    "EYY8998": "超出限额", "B2E0005": "授权客户号不符", "EGG0042": "账户余额不足", "EGG0346": "户名不符",
    "EGG0521": "没有[更多]符合条件的记录", "SIM0001": "报文长度错误", "SIM0002": "报文格式错误", "SIM0003": "电子凭证号重复",
    "SIM0004": "账号不存在", "SIM0005": "收款账户已销户", "SIM0006": "交易码不支持",
}  # fmt: skip
REASONS = {
    "no_funds": "EGG0042", "wrong_name": "EGG0346", "payee_closed": "SIM0005", "payer_unknown": "SIM0004",
    "all_details_failed": "SIM0002",
}  # fmt: skip
KINDS = {
    "8801": "pay", "8800": "pay", "EG01": "pay", "8804": "inquire", "EG30": "inquire", "EY03": "inquire", "DO48": "inquire",
    "4402": "query", "8924": "query",
}  # fmt: skip
ROWS_MAX, PAGE_ROWS, STATUS_ROWS, PACKAGE_ROWS = 20, 20, 30, 10
AUTHORISE_S = 60.0  # a person in the web bank takes a minute here
_DAY = r"\d{8}"
_AMOUNT = r"\d{1,13}(\.\d{1,2})?"
HEAD = (
    Field("transCode", 4, 4), Field("signFlag", 1, 1, "1"), Field("masterID", 1, 20), Field("packetID", 1, 20),
    Field("timeStamp", 19, 19),
)  # fmt: skip
TRANSFER = (
    Field("elecChequeNo", 1, 30, "[0-9A-Za-z]+"), Field("acctNo", 1, 40), Field("acctName", 1, 120),
    Field("payeeAcctNo", 1, 40), Field("payeeName", 1, 120), Field("payeeType", 1, 1, "[01]"), Field("amount", 1, 16, _AMOUNT),
    Field("sysFlag", 1, 1, "[01]"), Field("remitLocation", 1, 1, "[01]"), Field("note", 1, 120, r"[^|]*"),
    Field("payeeBankSelectFlag", 0, 1, "[01]"), Field("payeeBankNo", 0, 12, r"\d{12}"),
)  # fmt: skip
INSTANT = (
    Field("electronNumber", 1, 30, "[0-9A-Za-z]+"), Field("acctNo", 1, 40), Field("PayeeBankNo", 12, 12, r"\d{12}"),
    Field("payeeAcctNo", 1, 40), Field("payeeName", 1, 120), Field("payeeType", 1, 1, "[01]"), Field("amount", 1, 16, _AMOUNT),
)  # fmt: skip
DAYS = (
    Field("beginDate", 8, 8, _DAY),
    Field("endDate", 8, 8, _DAY),
    Field("beginNumber", 1, 9, r"[1-9]\d*"),
)


def day_of(text: str) -> date:
    """A YYYYMMDD date. Raises Refusal."""
    try:
        return datetime.strptime(text, "%Y%m%d").date()  # noqa: DTZ007 - a calendar day has no zone
    except ValueError:
        raise Refusal("SIM0002", f"日期 {text} 不存在") from None
