"""Agricultural Bank of China's tables: transactions, fields, codes, and the frame cut by hand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from bankadapters.simulator.bank import Refusal
from bankadapters.simulator.wire import Field

CODES = {
    "0000": "交易成功", "0001": "转人工处理", "2003": "账户未授权", "9999": "通讯异常", "9101": "报文格式错误", "9102": "不支持的交易",
    "9103": "流水号重复", "9404": "原交易不存在",
}  # fmt: skip
REASONS = {
    "no_funds": "余额不足", "wrong_name": "收款人户名不符", "payee_closed": "收款账户已销户", "payer_unknown": "账户未授权",
}  # fmt: skip
KINDS = {
    "CQRA06": "query", "CQRA10": "query", "CFRT02": "pay", "CFRT21": "pay", "CFRT01": "pay", "CQRT04": "inquire",
    "CQRA61": "inquire",
}  # fmt: skip
FIELDS = 33
PAGE = 100
_GBK = "gbk"


def _bytes(path: str, least: int, most: int, pattern: str = "") -> Field:
    return Field(path, least, most, pattern, charset=_GBK)


_OWN = (
    Field("Cmp/DbProv", 2, 2, r"\d\d"),
    Field("Cmp/DbAccNo", 15, 15, r"\d{15}"),
    Field("Cmp/DbCur", 2, 2, "01"),
)
COMMON = (
    Field("CorpNo", 1, 20), Field("ReqSeqNo", 1, 20, "[0-9A-Za-z]+"), Field("ReqDate", 8, 8, r"\d{8}"),
    Field("ReqTime", 6, 6, r"\d{6}"), Field("ProductID", 3, 3, "ICC"), Field("ChannelType", 3, 3, "ERP"),
    Field("FileFlag", 1, 1, "[01]"),
)  # fmt: skip
BALANCE = _OWN
ENTRIES = (
    *_OWN,
    Field("Corp/StartDate", 8, 8, r"\d{8}"),
    Field("Corp/EndDate", 8, 8, r"\d{8}"),
    Field("Channel/LastJrnNo", 1, 30),
)
TRANSFER = (
    *_OWN, Field("Amt", 4, 17, r"\d{1,14}\.\d{2}"), Field("Cmp/CrProv", 0, 2, r"\d\d"),
    _bytes("Cmp/CrAccNo", 1, 30, "[0-9A-Za-z-]+"), Field("Cmp/CrCur", 2, 2, "01"), Field("Cmp/ConFlag", 1, 1, "[01]"),
    _bytes("Corp/CrAccName", 1, 60), _bytes("Corp/DbAccName", 1, 60), _bytes("Corp/CrBankName", 0, 60),
    _bytes("Corp/WhyUse", 0, 30), Field("Corp/UrgencyFlag", 1, 1, "[YN10]"), Field("Corp/OthBankFlag", 0, 1, "[01]"),
)  # fmt: skip


@dataclass(frozen=True)
class Said:
    """What stands in an answer: its code, its groups, the number it echoes, and the rows of a companion file."""

    inside: str = ""
    code: str = "0000"
    words: str = ""
    number: str = ""
    serial: str = ""


def day_of(text: str) -> date:
    """A YYYYMMDD date. Raises Refusal."""
    try:
        return datetime.strptime(text, "%Y%m%d").date()  # noqa: DTZ007 - a calendar day has no zone
    except ValueError:
        raise Refusal("9101", f"日期 {text} 不存在") from None
