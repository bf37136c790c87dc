"""Bank of Communications' tables: codes, fields with their lengths in bytes, and titles of its packed tables."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from bankadapters.simulator.bank import Refusal
from bankadapters.simulator.wire import Field

CODES = {
    "0000": "交易成功", "S101": "报文格式错误", "S102": "交易码不存在", "S103": "凭证号重复", "S104": "账户无权限",
}  # fmt: skip
REASONS = {
    "no_funds": "余额不足", "wrong_name": "收款人户名不符", "payee_closed": "收款账户已销户", "payer_unknown": "账户无权限",
    "all_details_failed": "全部失败",
}  # fmt: skip
KINDS = {
    "310101": "query", "310201": "query", "310301": "query", "210201": "pay", "330002": "pay", "310204": "inquire",
}  # fmt: skip
BALANCE_TITLES = "户名|账号|币种|余额|可用余额|开户日期|账户类型|开户行|错误信息|成功标志|"
ENTRY_TITLES = (
    "状态|交易日期|交易时间|业务类型|流水号|流水序号|账号|户名|收支标志|币种|交易金额|余额|可用余额|对方账号|对方户名|对方地址|"
    "对方开户行行号|对方开户行行名|票据种类|票据号码|票据名称|票据签发日期|附言|备注|"
)
OUT, IN = "1", "2"  # the simulator's own values of 收支标志
_AMOUNT = r"\d{1,14}\.\d{2}"
_ACCOUNT = "[0-9A-Za-z-]+"


def _bytes(path: str, least: int, most: int, pattern: str = "") -> Field:
    return Field(path, least, most, pattern, charset="gbk")


HEAD = (
    Field("head/corp_no", 1, 20), Field("head/user_no", 1, 20), Field("head/req_no", 1, 20, "[0-9A-Za-z]+"),
    Field("head/tr_acdt", 8, 8, r"\d{8}"), Field("head/tr_time", 6, 6, r"\d{6}"), Field("head/atom_tr_count", 1, 4, r"\d+"),
    Field("head/channel", 1, 1, "0"),
)  # fmt: skip
PAYMENT = (
    _bytes("pay_acno", 1, 40, _ACCOUNT), _bytes("pay_acname", 1, 60), _bytes("rcv_bank_name", 1, 60),
    _bytes("rcv_acno", 1, 40, _ACCOUNT), _bytes("rcv_acname", 1, 60), _bytes("rcv_exg_code", 0, 10),
    Field("rcv_bank_no", 0, 12, r"\d{12}"), Field("cur_code", 3, 3, "CNY"), Field("amt", 4, 17, _AMOUNT),
    _bytes("cert_no", 1, 20), Field("bank_flag", 1, 1, "[01]"), Field("area_flag", 1, 1, "[01]"),
)  # fmt: skip
PAYROLL = (
    _bytes("cert_no", 1, 20), _bytes("pay_acno", 1, 21), Field("type", 1, 1), Field("sum", 1, 6, r"\d+"),
    Field("sum_amt", 4, 17, _AMOUNT), Field("pay_month", 6, 6, r"\d{6}"), _bytes("busi_no", 1, 10),
    Field("mailflg", 1, 1, "[YN]"),
)  # fmt: skip
PERSON = (
    _bytes("card_no", 1, 21), _bytes("acname", 1, 60), Field("card_flag", 1, 1, "[01]"), Field("amt", 4, 17, _AMOUNT),
    _bytes("busino", 0, 20),
)  # fmt: skip


@dataclass(frozen=True)
class Said:
    """The bodies of an answer, its serial, and the number it echoes where that is to be another one."""

    bodies: str = ""
    serial: str = ""
    number: str = ""


def day_of(text: str) -> date:
    """A YYYYMMDD date. Raises Refusal."""
    try:
        return datetime.strptime(text, "%Y%m%d").date()  # noqa: DTZ007 - a calendar day has no zone
    except ValueError:
        raise Refusal("S101", f"日期 {text} 不存在") from None
